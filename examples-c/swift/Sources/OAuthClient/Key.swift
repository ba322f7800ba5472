internal import COAuthClient

/// A key pair, of which the private half never shows.
public final class Key: @unchecked Sendable { // const oauth_key *
    let pointer: OpaquePointer
    let thrown: Thrown

    private init(_ pointer: OpaquePointer, _ thrown: Thrown = Thrown()) { (self.pointer, self.thrown) = (pointer, thrown) }
    deinit { oauth_key_free(pointer) }

    /// The algorithm may be nil: then the key says it.
    public convenience init(pem: [UInt8], algorithm: String? = nil) throws {
        self.init(try make { oauth_key_from_pem(pem, pem.count, c(algorithm), $0, $1) })
    }

    public convenience init(jwk: String) throws {
        self.init(try make { oauth_key_from_jwk(c(jwk), $0, $1) })
    }

    public convenience init(generating algorithm: String) throws {
        self.init(try make { oauth_key_generate(c(algorithm), $0, $1) })
    }

    /// A key whose private half is behind a function of the program: an HSM, a TPM, an agent.
    public convenience init(
        publicKey: String, algorithm: String? = nil,
        sign: @escaping @Sendable (_ algorithm: String, _ message: [UInt8]) throws -> [UInt8]
    ) throws {
        let thrown = Thrown()
        let signer: oauth_sign_fn = { userData, algorithm, message, length, signature in
            let box = Box<@Sendable (String, [UInt8]) throws -> [UInt8]>.of(userData)
            return box.thrown.guarding {
                let bytes = try box.function(string(algorithm) ?? "", Array(UnsafeBufferPointer(start: message, count: length)))
                oauth_signature_set(signature, bytes, bytes.count)
            }
        }
        let pointer = try make {
            oauth_key_from_signer(c(publicKey), c(algorithm), signer, Box(sign, thrown).kept(), destroy, $0, $1)
        }
        self.init(pointer, thrown)
    }

    /// The same key with another key id.
    public func with(kid: String?) throws -> Key {
        Key(try make { oauth_key_with_kid(pointer, c(kid), $0, $1) }, thrown)
    }

    public var publicJWK: String { string(oauth_key_public_jwk(pointer)) ?? "" }
    public var publicJWKS: String { string(oauth_key_public_jwks(pointer)) ?? "" }
    public var algorithm: String { string(oauth_key_algorithm(pointer)) ?? "" }
    public var thumbprint: String { string(oauth_key_thumbprint(pointer)) ?? "" }
    public var kid: String? { string(oauth_key_kid(pointer)) }

    /// The private key. Not for a key of a signer.
    public func pem() throws -> String { try makeText { oauth_key_to_pem(pointer, $0, $1) } }
}
