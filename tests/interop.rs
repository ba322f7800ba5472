//! Every flow against a certified authorization server: what it grants, and each refusal it can give.

mod support;

use oauthclient_test_server::browser::Browser;
use support::interop::interop;

#[test]
fn walks() {
    let Some(interop) = interop() else { return };
    let url = format!("{}/auth?client_id=basic&response_type=code&redirect_uri=http://127.0.0.1:9999/callback&scope=openid&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256", interop.issuer());
    println!("{:?}", Browser::new().log_in(&url).unwrap());
    println!("{:?}", Browser::new().deny().log_in(&(url.clone() + "&response_mode=form_post")).unwrap());
    println!("{:?}", Browser::new().user("eve").log_in(&url).unwrap_err());
    println!("{:?}", interop.client("ENCODED"));
}
