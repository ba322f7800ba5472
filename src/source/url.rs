//! A URL of the platform, such as a metadata service: asked anew each time, without a proxy, and never redirected.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::time::timeout;
use url::{Host, Url as Address};

use crate::error::{Error, Result, Status};
use crate::host;
use crate::http::{Headers, Request, Response};
use crate::protocol::message::Secrets;
use crate::protocol::parameters::{Fields, Parameters};
use crate::protocol::{content_coding, endpoint, header_field};
use crate::secret::Secret;
use crate::source::Source;
use crate::source::part::{LARGEST, Part, TOO_LARGE};
use crate::transport::limit::left;
use crate::transport::proxy::Proxies;
use crate::transport::settings::Settings;
use crate::transport::tls::Tls;
use crate::transport::{Call, Failure, FailureKind, certificates, native};

/// How long it may take if the call has no deadline.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the deadline and the cancelling of the call are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub struct Url(Arc<Asked>);

/// What the thread needs that asks.
struct Asked {
    address: Address,
    headers: Parameters,
    tls: rustls::ClientConfig,
    part: Part,
}

impl Url {
    pub fn new(url: &str, headers: Option<&Parameters>, json_pointer: Option<&str>) -> Result<Self> {
        let as_argument = |error: Error| Error::new(Status::InvalidArgument, error.message.as_str());
        let address = endpoint::parse("url", url, true).map_err(as_argument)?;
        if address.scheme() == "http" && !stays_near(&address) {
            return Err(Error::argument("url", "is plain http, and neither on this machine nor link-local: use https"));
        }
        let headers = headers.cloned().unwrap_or_default();
        let mut fields = Fields(Vec::new());
        headers.merge_into(&mut fields, "headers", &[], false)?;
        fields.0.iter().try_for_each(|(name, value)| header_field::check_with_authorization("headers", name, value))?;
        let part = Part::new(endpoint::shown(&address).to_owned(), json_pointer, &["url", address.as_str()])?;
        let mut tls = certificates::client_config(Vec::new(), true, !host::is_privileged(), None)
            .map_err(|why| part.failed(&format!("needs certificates: {why}")))?;
        tls.resumption = rustls::client::Resumption::disabled();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(Asked { address, headers, tls, part })))
    }
}

impl Source for Url {
    fn read(&self) -> Result<Secret> {
        let until = Instant::now() + left(PATIENCE);
        if Handle::try_current().is_err_and(|why| why.is_missing_context()) {
            return self.0.ask(until);
        }
        // This thread is inside of a runtime, and cannot have another one.
        let (asked, (tell, told)) = (self.0.clone(), channel());
        let ask = move || drop(tell.send(asked.ask(until)));
        host::spawn_quiet("oauth-source", ask).map_err(|why| self.0.part.failed(&format!("had no thread: {why}")))?;
        loop {
            match told.recv_timeout(LOOK_EVERY) {
                Ok(read) => return read,
                Err(RecvTimeoutError::Timeout) if !left(PATIENCE).is_zero() => {}
                Err(_) => return Err(self.0.part.failed(TOO_SLOW)),
            }
        }
    }

    fn name(&self) -> &str {
        &self.0.part.name
    }

    fn identity(&self) -> &str {
        &self.0.part.identity
    }
}

const TOO_SLOW: &str = "took too long";

impl Asked {
    fn ask(&self, until: Instant) -> Result<Secret> {
        let failed = |why: String| self.part.failed(&why);
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(|why| failed(format!("had no runtime: {why}")))?;
        let response = host::without_sigpipe(|| runtime.block_on(self.answer(until)));
        runtime.shutdown_background();
        let mut response = response?;
        match response.status {
            200..=299 => {}
            status => return Err(failed(format!("answered with HTTP {status}"))),
        }
        if response.cut || content_coding::unpack(&mut response, LARGEST).is_err() {
            return Err(failed("gave an answer that is not whole".to_owned()));
        }
        self.part.of(&response.body)
    }

    async fn answer(&self, until: Instant) -> Result<Response> {
        let left = until.saturating_duration_since(Instant::now());
        let settings = Settings {
            tls: self.tls.clone(),
            client_certificate: None,
            proxies: Proxies::default(),
            connect_timeout: left,
            idle_timeout: Duration::ZERO,
        };
        let request = self.request();
        let call = Call::new(&request, until.into(), None, LARGEST);
        let sending =
            async {
                let transport = native::transport(&settings, &Arc::new(Tls::new(&settings)))
                    .map_err(|cause| Failure { kind: FailureKind::Connect, cause, passing: true })?;
                transport.send(&call).await
            };
        match timeout(left, sending).await {
            Ok(answer) => answer.map_err(|failure| self.part.failed(&self.words(&failure))),
            Err(_) => Err(self.part.failed(TOO_SLOW)),
        }
    }

    fn request(&self) -> Request<'_> {
        let mut fields = Fields(Vec::new());
        drop(self.headers.merge_into(&mut fields, "", &[], false)); // checked before
        let mut headers = Headers::with_capacity(8, 1024);
        let has = |name: &str| fields.0.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        for (name, value) in [
            ("accept", "*/*"),
            ("accept-encoding", "identity"),
            ("user-agent", concat!("liboauthclient/", env!("CARGO_PKG_VERSION"))),
        ] {
            if !has(name) {
                headers.push(name.as_bytes(), value.as_bytes());
            }
        }
        fields.0.iter().for_each(|(name, value)| headers.push(name.as_bytes(), value.as_bytes()));
        Request::new("GET", &self.address, headers, |_| {})
    }

    fn words(&self, failure: &Failure) -> String {
        let what = match failure.kind {
            FailureKind::Connect | FailureKind::ConnectTimeout => "could not be reached",
            FailureKind::Tls => "could not be reached: the TLS handshake failed",
            FailureKind::TooLarge => return TOO_LARGE.to_owned(),
            FailureKind::NotHttp => "gave no HTTP answer",
            _ => "gave no complete answer",
        };
        let mut secrets = Secrets::default();
        let mut fields = Fields(Vec::new());
        drop(self.headers.merge_into(&mut fields, "", &[], false));
        fields.0.iter().for_each(|(_, value)| secrets.add_unless_short(value));
        secrets.add(self.address.query().unwrap_or_default());
        format!("{what}: {}", secrets.clean(&failure.cause))
    }
}

/// Whether plain http to it stays on this machine or this link: where the metadata services of platforms are.
fn stays_near(address: &Address) -> bool {
    // The names of such services: nobody outside can answer for a name below .internal.
    let is_internal = |name: &str| name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("internal"));
    endpoint::is_loopback(address)
        || match address.host() {
            Some(Host::Domain(name)) => is_internal(name.trim_end_matches('.')),
            Some(Host::Ipv4(address)) => address.is_link_local(),
            // fd00:ec2::/32 are the metadata services of one cloud.
            Some(Host::Ipv6(address)) => address.is_unicast_link_local() || address.segments()[..2] == [0xfd00, 0xec2],
            None => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_near() {
        for (url, ok) in [
            ("http://169.254.169.254/metadata/identity/oauth2/token?resource=r", true),
            ("http://metadata.google.internal/computeMetadata/v1/", true),
            ("http://[fd00:ec2::23]/v1/credentials", true),
            ("http://[fe80::1]/", true),
            ("http://127.0.0.1:40342/", true),
            ("http://localhost:50342/", true),
            ("https://ci.example/token", true),
            ("http://ci.example/token", false),
            ("http://10.0.0.1/token", false),
            ("http://internal.example/token", false),
            ("ftp://localhost/token", false),
            ("http://user@localhost/token", false),
            ("token", false),
        ] {
            assert_eq!(Url::new(url, None, None).is_ok(), ok, "{url}");
        }
    }

    #[test]
    fn its_query_tells_it_from_others_and_is_not_shown() {
        let [one, other] = ["r=secret1", "r=secret2"].map(|query| {
            let url = format!("http://169.254.169.254/token?{query}");
            Url::new(&url, None, None).expect("a good source")
        });
        assert_ne!(one.identity(), other.identity());
        assert_eq!(one.name(), "http://169.254.169.254/token");
    }
}
