internal import COAuthClient

/// Options of one call: oauth_request_options_... What is nil comes from the client.
public struct Options: Sendable {
    /// Limits each exchange with its retries.
    public var timeout: Duration?
    /// Limits the whole call.
    public var deadline: Duration?
    public var headers: Fields = [:]
    public var retries: RetryPolicy?
    /// How long the token of a session must remain valid.
    public var minValidity: Duration?

    public init(
        timeout: Duration? = nil, deadline: Duration? = nil, headers: Fields = [:], retries: RetryPolicy? = nil,
        minValidity: Duration? = nil
    ) {
        (self.timeout, self.deadline, self.headers) = (timeout, deadline, headers)
        (self.retries, self.minValidity) = (retries, minValidity)
    }

    func builder() -> Builder {
        let builder = Builder(oauth_request_options_new(), oauth_request_options_free)
        let options = builder.pointer
        if let timeout { oauth_request_options_set_timeout_ms(options, milliseconds(timeout)) }
        if let deadline { oauth_request_options_set_deadline_ms(options, milliseconds(deadline)) }
        for (name, value) in headers.pairs { oauth_request_options_add_header(options, c(name), c(value)) }
        if let retries {
            oauth_request_options_set_retry_policy(options, retries.max, milliseconds(retries.backoff), retries.statuses)
        }
        if let minValidity { oauth_request_options_set_min_validity_s(options, seconds(minValidity)) }
        return builder
    }
}

/// When a failed attempt is repeated.
public struct RetryPolicy: Sendable {
    public var max: UInt32
    public var backoff: Duration
    /// Also after HTTP 429, 502, 503 and 504.
    public var statuses: Bool

    public init(max: UInt32, backoff: Duration = .milliseconds(200), statuses: Bool = false) {
        (self.max, self.backoff, self.statuses) = (max, backoff, statuses)
    }
}
