//! Access tokens that are not ours, not yet, no more, or not what they say: 401, and nothing more is said.
//!
//! The tokens are made here by hand, from the installation's own secret, so that only the one thing each is about is wrong.

use crate::house::{Call, House};
use aws_lc_rs::{
    digest, hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use testkit::Database;

/// Signs what it is given, whatever that is.
struct Forge {
    pair: Ed25519KeyPair,
    kid: String,
    header: Value,
    claims: Value,
}

impl Forge {
    /// Has the key of `house`, and the claims of a token that is good now.
    async fn new(house: &House) -> Self {
        let secret = URL_SAFE_NO_PAD.decode(house.secret.trim()).expect("base64url");
        let seed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), b"campanile/1/access");
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).expect("a key");
        let kid = URL_SAFE_NO_PAD.encode(&digest::digest(&digest::SHA256, pair.public_key().as_ref()).as_ref()[..12]);
        let token = house.sign_up("ada").await.access_token().to_owned();
        let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url"));
        let mut json = || serde_json::from_slice::<Value>(&parts.next().expect("a part")).expect("JSON");
        let (header, claims) = (json(), json());
        assert_eq!(header, json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": kid }));
        Self { pair, kid, header, claims }
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// A good token but for some members of its header; null takes one out.
    fn header(&self, changes: Value) -> String {
        self.sign(&changed(&self.header, changes), &self.claims.to_string())
    }

    /// A good token but for some of its claims; null takes one out.
    fn claims(&self, changes: Value) -> String {
        self.sign(&self.header.to_string(), &changed(&self.claims, changes))
    }

    fn now(&self) -> i64 {
        self.claims["iat"].as_i64().expect("a number")
    }
}

#[expect(clippy::needless_pass_by_value, reason = "every caller writes the changes in place")]
fn changed(original: &Value, changes: Value) -> String {
    let mut object = original.as_object().expect("an object").clone();
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    Value::Object(object).to_string()
}

fn with_raw(original: &Value, from: &str, to: &str) -> String {
    let text = original.to_string();
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}

async fn status(house: &House, token: &str) -> (u16, Value) {
    let reply = house.send(Call::get("/api/v1/users/me").bearer(token)).await;
    let mut body = reply.body;
    body["trace_id"] = Value::Null;
    (reply.status.as_u16(), body)
}

fn hs256_with_the_public_key(forge: &Forge) -> String {
    let header = json!({ "typ": "at+jwt", "alg": "HS256", "kid": forge.kid }).to_string();
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(forge.claims.to_string()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, forge.pair.public_key().as_ref());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())))
}

/// Signed with a key of somebody else who names ours, or brings theirs along.
fn foreign(forge: &Forge, header: Value) -> String {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("a key");
    let foreign = Forge { pair, kid: forge.kid.clone(), header: forge.header.clone(), claims: forge.claims.clone() };
    foreign.header(header)
}

fn bad_headers(forge: &Forge) -> Vec<(&'static str, String)> {
    let good = forge.claims(json!({}));
    let unsigned = |alg: &str| {
        let header = json!({ "typ": "at+jwt", "alg": alg, "kid": forge.kid }).to_string();
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), good.split('.').nth(1).expect("claims"))
    };
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" });
    vec![
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("alg nOnE", unsigned("nOnE")),
        ("alg none but signed", forge.header(json!({ "alg": "none" }))),
        ("alg ES256", forge.header(json!({ "alg": "ES256" }))),
        ("HS256 with the public key", hs256_with_the_public_key(forge)),
        ("another kid", forge.header(json!({ "kid": "somebody-else" }))),
        ("no kid", forge.header(json!({ "kid": null }))),
        ("another key under our kid", foreign(forge, json!({}))),
        ("another key that is brought along", foreign(forge, json!({ "jwk": jwk }))),
        ("jwk", forge.header(json!({ "jwk": jwk }))),
        ("jku", forge.header(json!({ "jku": "https://evil.example/jwks.json" }))),
        ("x5u", forge.header(json!({ "x5u": "https://evil.example/cert" }))),
        ("x5c", forge.header(json!({ "x5c": ["AAAA"] }))),
        ("crit", forge.header(json!({ "crit": ["exp"] }))),
        ("zip", forge.header(json!({ "zip": "DEF" }))),
        ("an ID token", forge.header(json!({ "typ": "JWT" }))),
        ("no typ", forge.header(json!({ "typ": null }))),
        ("alg twice", forge.sign(&with_raw(&forge.header, "{", "{\"alg\":\"none\","), &forge.claims.to_string())),
    ]
}

fn bad_claims(forge: &Forge) -> Vec<(&'static str, String)> {
    let now = forge.now();
    let mut bad = vec![
        ("expired", forge.claims(json!({ "iat": now - 700, "nbf": now - 700, "exp": now - 100 }))),
        ("not yet", forge.claims(json!({ "nbf": now + 31 }))),
        ("from the future", forge.claims(json!({ "iat": now + 31, "exp": now + 600 }))),
        ("exp as text", forge.claims(json!({ "exp": (now + 600).to_string() }))),
        ("nbf as text", forge.claims(json!({ "nbf": now.to_string() }))),
        (
            "exp with a fraction",
            forge.sign(&forge.header.to_string(), &with_raw(&forge.claims, "\"iat\"", "\"exp\":1.5e30,\"iat\"")),
        ),
        ("exp −1", forge.claims(json!({ "exp": -1 }))),
        ("exp huge", forge.claims(json!({ "exp": u64::MAX }))),
        ("a lifetime of a year", forge.claims(json!({ "exp": now + 31_536_000 }))),
        ("aud with ours and another", forge.claims(json!({ "aud": ["campanile", "other"] }))),
        ("aud as a list of ours", forge.claims(json!({ "aud": ["campanile"] }))),
        ("another aud", forge.claims(json!({ "aud": "other" }))),
        ("another iss", forge.claims(json!({ "iss": "other" }))),
        ("sub of somebody else", forge.claims(json!({ "sub": "usr_00000000000000000000000000" }))),
        ("sid of nobody", forge.claims(json!({ "sid": "ses_00000000000000000000000000" }))),
        ("sid that is none", forge.claims(json!({ "sid": 7 }))),
        ("a claim we never write", forge.claims(json!({ "role": "administrator" }))),
        ("exp twice", forge.sign(&forge.header.to_string(), &with_raw(&forge.claims, "{", &format!("{{\"exp\":{},", now + 600)))),
        ("no JSON", forge.sign(&forge.header.to_string(), "{")),
        ("longer than 4 kB", forge.claims(json!({ "jti": "x".repeat(4_096) }))),
    ];
    for claim in ["iss", "aud", "exp", "nbf", "iat", "sub", "sid", "jti"] {
        bad.push(("a claim is missing", forge.claims(json!({ (claim): null }))));
    }
    bad
}

fn bad_texts(forge: &Forge) -> Vec<(&'static str, String)> {
    let good = forge.claims(json!({}));
    let mut flipped = good.clone().into_bytes();
    let middle = flipped.len() - 40;
    flipped[middle] = if flipped[middle] == b'A' { b'B' } else { b'A' };
    vec![
        ("signature cut", good[..good.len() - 2].to_owned()),
        ("signature changed", String::from_utf8(flipped).expect("ASCII")),
        ("signature padded", format!("{good}=")),
        ("an extra dot", format!("{good}.")),
        ("an extra dot before", format!(".{good}")),
        ("two parts", good.rsplit_once('.').expect("dots").0.to_owned()),
        ("dots", "..".to_owned()),
        ("text", "nonsense".to_owned()),
        ("an unknown API key", format!("cmp_{}", "A".repeat(43))),
        ("half an API key", "cmp_AAAA".to_owned()),
        ("10 kB", "x".repeat(10_000)),
    ]
}

#[tokio::test]
async fn every_token_that_is_not_ours_is_refused_alike() {
    let house = House::open(&Database::sqlite()).await;
    let forge = Forge::new(&house).await;
    assert_eq!(status(&house, &forge.claims(json!({}))).await.0, 200, "the forge makes good tokens");
    let (_, nothing_more) = status(&house, "nonsense").await;
    for (case, token) in [bad_headers(&forge), bad_claims(&forge), bad_texts(&forge)].concat() {
        assert_eq!(status(&house, &token).await, (401, nothing_more.clone()), "{case}");
    }
}

#[tokio::test]
async fn clocks_may_be_thirty_seconds_apart() {
    let house = House::open(&Database::sqlite()).await;
    let forge = Forge::new(&house).await;
    let ahead = forge.now() + 30;
    let from_ahead = forge.claims(json!({ "iat": ahead, "nbf": ahead, "exp": ahead + 600 }));
    assert_eq!(status(&house, &from_ahead).await.0, 200);
    let good = forge.claims(json!({}));
    house.clock.advance(std::time::Duration::from_secs(629));
    assert_eq!(status(&house, &good).await.0, 200);
    house.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(status(&house, &good).await.0, 401);
}

#[tokio::test]
async fn a_credential_is_one_bearer_header() {
    let house = House::open(&Database::sqlite()).await;
    let token = house.sign_up("ada").await.access_token().to_owned();
    let with = |value: &str| Call::get("/api/v1/users/me").header("authorization", value);
    assert_eq!(house.send(with(&format!("bEaReR {token}"))).await.status, 200, "the scheme has no case (RFC 9110 §11.1)");
    for value in ["", "Bearer", "Bearer ", &token, &format!("Basic {token}"), &format!("Token {token}")] {
        let refused = house.send(with(value)).await;
        refused.refused(401, "identity.unauthenticated");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }
    house.send(Call::get("/api/v1/users/me")).await.refused(401, "identity.unauthenticated");
    let two = with(&format!("Bearer {token}")).bearer(&token);
    house.send(two).await.refused(400, "identity.two_credentials");
    let in_url = house.send(Call::get(&format!("/api/v1/users/me?access_token={token}"))).await;
    in_url.refused(401, "identity.unauthenticated");
}
