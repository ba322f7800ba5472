internal import COAuthClient
internal import Dispatch
#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Keeps the logins of sessions.
public final class Store: @unchecked Sendable { // const oauth_store *
    let pointer: OpaquePointer
    let functions: [Thrown]

    private init(_ pointer: OpaquePointer, _ functions: [Thrown] = []) { (self.pointer, self.functions) = (pointer, functions) }
    deinit { oauth_store_free(pointer) }

    /// How a store is opened: oauth_store_options_... A store ignores what does not concern it.
    public struct Options: Sendable, CustomStringConvertible, CustomReflectable {
        public var encryptionKey: [UInt8]?
        /// The service whose item in the key store is the key.
        public var keyringEncryptionKey: String?
        public var allowUnprotected = false
        public var redisCluster = false
        public var redisIdleConnections: UInt32?
        public var redisPrefix: String?
        public var redisSentinel: (master: String, user: String?, password: String?)?
        public var redisPassword: Source?
        public var redisEntryMaxIdle: Duration?
        public var redisCAFiles: [String] = []
        public var redisCAPEM: [[UInt8]] = []
        public var redisUseSystemCA = true
        public var redisClientCertificate: (path: String, keyPath: String)?

        public init() {}

        /// Without secrets.
        public var description: String { "Store.Options" }
        public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
    }

    /// In this process.
    public static func memory() throws -> Store { Store(try make { oauth_store_open_memory($0, $1) }) }

    /// In a directory, for all processes of the user; nil: the user's own.
    public static func directory(_ path: String? = nil, options: Options = Options()) throws -> Store {
        try open(options) { oauth_store_open_directory(c(path), $0, $1, $2) }
    }

    /// In Redis, for many machines, if the library was built with it.
    public static func redis(_ url: String, options: Options = Options()) throws -> Store {
        try open(options) { oauth_store_open_redis(c(url), $0, $1, $2) }
    }

    /// In the key store of the operating system, if the library was built with it.
    public static func keyring(service: String, options: Options = Options()) throws -> Store {
        try open(options) { oauth_store_open_keyring(c(service), $0, $1, $2) }
    }

    /// Which logins the store keeps.
    public func keys() async throws -> JSON {
        try await blocking(on: .global(), nil) { [self] _ in
            let keys = try make(functions) { oauth_store_keys(pointer, $0, $1) }
            defer { oauth_json_free(keys) }
            guard let json = JSON(keys) else { throw OAuthError(.internal, "the library gave no JSON") }
            return json
        }
    }

    private static func open(_ options: Options, _ open: (OpaquePointer?, Place, Place) -> oauth_status) throws -> Store {
        let builder = options.builder()
        let pointer = try withExtendedLifetime((options, builder)) {
            try make { open(builder.pointer, $0, $1) }
        }
        return Store(pointer, [options.redisPassword?.thrown].compactMap { $0 })
    }

    // MARK: A store of your own

    /// A store of the program's own. Its functions run on threads of the library, and hold up calls while they run. One that
    /// throws `OAuthError.Status.busy` is called again; see section 34 of `oauth.h`.
    public protocol Functions: Sendable {
        func load(key: String) throws -> [UInt8]?
        func save(key: String, entry: [UInt8], expiresAt: Date?) throws
        func remove(key: String) throws
        /// Must not wait: throws `OAuthError.Status.busy` if another process holds it.
        func lock(key: String) throws
        func unlock(key: String)
    }

    public convenience init(_ functions: any Functions) throws {
        let thrown = Thrown()
        let box = Box<any Functions>(functions, thrown)
        let pointer = try make {
            oauth_store_open_callbacks(load, save, remove, lock, unlock, box.kept(), destroy, $0, $1)
        }
        self.init(pointer, [thrown])
    }
}

private typealias StoreBox = Box<any Store.Functions>

private let load: oauth_store_load_fn = { userData, key, value in
    let box = StoreBox.of(userData)
    return box.thrown.guarding {
        if let entry = try box.function.load(key: string(key) ?? "") { oauth_store_value_set(value, entry, entry.count) }
    }
}
private let save: oauth_store_save_fn = { userData, key, bytes, length, expiresAt in
    let box = StoreBox.of(userData)
    return box.thrown.guarding {
        let entry = Array(UnsafeBufferPointer(start: bytes, count: length))
        try box.function.save(key: string(key) ?? "", entry: entry, expiresAt: moment(expiresAt))
    }
}
private let remove: oauth_store_remove_fn = { userData, key in
    let box = StoreBox.of(userData)
    return box.thrown.guarding { try box.function.remove(key: string(key) ?? "") }
}
private let lock: oauth_store_lock_fn = { userData, key in
    let box = StoreBox.of(userData)
    return box.thrown.guarding { try box.function.lock(key: string(key) ?? "") }
}
private let unlock: oauth_store_unlock_fn = { userData, key in
    StoreBox.of(userData).function.unlock(key: string(key) ?? "")
}

extension Store.Options {
    func builder() -> Builder {
        let builder = Builder(oauth_store_options_new(), oauth_store_options_free)
        let options = builder.pointer
        if let encryptionKey { oauth_store_options_set_encryption_key(options, encryptionKey, encryptionKey.count) }
        if let keyringEncryptionKey { oauth_store_options_set_keyring_encryption_key(options, c(keyringEncryptionKey)) }
        oauth_store_options_set_allow_unprotected(options, allowUnprotected)
        oauth_store_options_set_redis_cluster(options, redisCluster)
        if let redisIdleConnections { oauth_store_options_set_redis_idle_connections(options, redisIdleConnections) }
        if let redisPrefix { oauth_store_options_set_redis_prefix(options, c(redisPrefix)) }
        if let (master, user, password) = redisSentinel {
            oauth_store_options_set_redis_sentinel(options, c(master), c(user), c(password))
        }
        if let redisPassword { oauth_store_options_set_redis_password(options, redisPassword.pointer) }
        if let redisEntryMaxIdle { oauth_store_options_set_redis_entry_max_idle_s(options, seconds(redisEntryMaxIdle)) }
        redisCAFiles.forEach { oauth_store_options_add_redis_ca_file(options, c($0)) }
        redisCAPEM.forEach { oauth_store_options_add_redis_ca_pem(options, $0, $0.count) }
        oauth_store_options_set_redis_use_system_ca(options, redisUseSystemCA)
        if let (path, keyPath) = redisClientCertificate {
            oauth_store_options_set_redis_client_certificate(options, c(path), c(keyPath))
        }
        return builder
    }
}
