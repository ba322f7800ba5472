// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "OAuthClient",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .library(name: "OAuthClient", targets: ["OAuthClient"]),
        .library(name: "OAuthClientURLSession", targets: ["OAuthClientURLSession"]),
    ],
    targets: [
        .systemLibrary(name: "COAuthClientLibrary", pkgConfig: "oauthclient", providers: [.apt(["liboauthclient-dev"])]),
        .target(name: "OAuthClient", dependencies: ["COAuthClientLibrary"]),
        .target(name: "OAuthClientURLSession", dependencies: ["OAuthClient"]),
        .executableTarget(name: "login", dependencies: ["OAuthClient", "OAuthClientURLSession"]),
        .testTarget(name: "OAuthClientTests", dependencies: ["OAuthClient", "OAuthClientURLSession"]),
    ]
)
