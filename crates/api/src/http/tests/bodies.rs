//! Bodies, keys, queries and paths: what can be read two ways, or not at all, never reaches a handler.

use axum::body::Body;
use http::header;

use super::{Edge, request};

#[tokio::test]
async fn a_body_that_is_not_json_that_reads_one_way_is_malformed() {
    let edge = Edge::new().await;
    let bodies: [&[u8]; 14] = [
        b"",
        b"hello",
        br#"{"title":"a""#,
        br#"{"title":"a"} trailing"#,
        br#"{"title":"a"}{}"#,
        br#"{"title":"a","title":"b"}"#,
        br#"{"title":"a","parts":[{"minutes":1,"minutes":2}]}"#,
        b"\xef\xbb\xbf{\"title\":\"a\"}",
        b"{\"title\":\"\xff\"}",
        br#"{"title":"\ud800"}"#,
        br#"{"title":"\ude00\ud83d"}"#,
        br#"{"title":NaN}"#,
        br#"{"title":'a'}"#,
        b"{\"title\":\"a\x00\"}",
    ];
    for body in bodies {
        let seen = edge.post("/test/notes", body.to_vec()).await;
        seen.is_problem("body.malformed");
    }
}

#[tokio::test]
async fn json_of_another_shape_is_answered_with_the_place_where_it_differs() {
    let edge = Edge::new().await;
    let deep = format!(r#"{{"title":{}1{}}}"#, "[".repeat(32), "]".repeat(32));
    let wide = format!(r#"{{"title":"a","parts":[{}]}}"#, vec!["{}"; 1_001].join(","));
    let many = format!(r#"{{"title":[{}]}}"#, vec![format!("[{}]", vec!["1"; 999].join(",")); 11].join(","));
    let long = format!(r#"{{"title":"{}"}}"#, "x".repeat(65_537));
    let quoted = format!(r#"{{"title":"a","count":"{}"}}"#, "키".repeat(20_000));
    let deepest = format!("/title{}", "/0".repeat(31));
    for (body, pointer) in [
        ("null", ""),
        ("[]", ""),
        ("{}", "/title"),
        (r#"{"title":1}"#, "/title"),
        (r#"{"title":null}"#, "/title"),
        (r#"{"title":"a","extra":1}"#, "/extra"),
        (r#"{"title":"a","count":-1}"#, "/count"),
        (r#"{"title":"a","count":256}"#, "/count"),
        (r#"{"title":"a","count":1.5}"#, "/count"),
        (r#"{"title":"a","count":"NaN"}"#, "/count"),
        (r#"{"title":"a","count":1e400}"#, "/count"),
        (r#"{"title":"a","parts":[{"minutes":1},{"minutes":"x"}]}"#, "/parts/1/minutes"),
        (r#"{"title":"a","parts":[{}]}"#, "/parts/0/minutes"),
        (r#"{"title":"a","parts":[{"minutes":1,"a/b~c":2}]}"#, "/parts/0/a~1b~0c"),
        (r#"{"title":"a","schedule":"usr_00000000000000000000000000"}"#, "/schedule"),
        (&deep, &deepest),
        (&wide, "/parts"),
        (&quoted, "/count"),
        // The body, the array in it, nine arrays with 999 values each, and a tenth: its 998th value is the 10,001st.
        (&many, "/title/9/997"),
        (&long, "/title"),
    ] {
        let seen = edge.post("/test/notes", body.to_owned()).await;
        let problem = seen.is_problem("body.invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body:.80}: {problem}");
        let detail = problem["errors"][0]["detail"].as_str().expect("a detail");
        assert!((1..=301).contains(&detail.chars().count()) && !detail.contains(" column "), "{detail}");
    }
}

#[tokio::test]
async fn what_was_sent_in_the_wrong_place_is_never_quoted() {
    let edge = Edge::new().await;
    let long = format!(r#""{}4711""#, "x, expected y".repeat(40));
    for (body, detail) in [
        (r#"{"title":4711}"#, "invalid type: integer, expected a string"),
        (r#"{"title":-4711.5}"#, "invalid type: floating point, expected a string"),
        (r#"{"title":true}"#, "invalid type: boolean, expected a string"),
        (r#"{"title":["4711"]}"#, "invalid type: sequence, expected a string"),
        (r#"{"title":"a","count":"4711"}"#, "invalid type: string, expected u8"),
        (r#"{"title":"a","count":4711}"#, "invalid value: integer, expected u8"),
        (r#""4711""#, "invalid type: string, expected struct Note"),
        (&long, "invalid type: string, expected struct Note"),
    ] {
        let problem = edge.post("/test/notes", body.to_owned()).await.is_problem("body.invalid");
        assert_eq!(problem["errors"][0]["detail"], detail, "{body:.80}");
        assert!(!problem.to_string().contains("4711"), "{problem}");
    }
}

#[tokio::test]
async fn a_body_is_json_in_utf_8_and_says_so() {
    let edge = Edge::new().await;
    let send = async |path: &str, types: &[&str]| {
        let request = types.iter().fold(request("POST", path), |request, one| request.header(header::CONTENT_TYPE, *one));
        edge.send(request.body(Body::from(r#"{"title":"a"}"#)).expect("a request")).await
    };
    for path in ["/test/notes", "/test/plain"] {
        for types in [&["application/json"][..], &["Application/JSON; Charset=\"UTF-8\""], &["application/json;charset=utf-8"]] {
            assert!(send(path, types).await.status.is_success(), "{path} {types:?}");
        }
        for types in [
            &[][..],
            &["text/plain"],
            &["application/json; charset=utf-16"],
            &["application/json; charset=utf-8; charset=latin1"],
            &["application/json; boundary=x"],
            &["application/x-www-form-urlencoded"],
            &["multipart/form-data; boundary=x"],
            &["text/plain; application/json"],
            &["application/jsonp"],
            &["application/json", "application/json"],
        ] {
            send(path, types).await.is_problem("body.unsupported_media_type");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_compressed_is_refused_and_not_read_as_it_is() {
    let edge = Edge::new().await;
    let send = async |path: &str, codings: &[&str]| {
        let request = request("POST", path).header(header::CONTENT_TYPE, "application/json");
        let request = codings.iter().fold(request, |request, one| request.header(header::CONTENT_ENCODING, *one));
        edge.send(request.body(Body::from(r#"{"title":"a","minutes":1}"#)).expect("a request")).await
    };
    for path in ["/test/notes", "/test/plain", "/test/maybe"] {
        for codings in [&["gzip"][..], &["identity, br"], &["identity", "zstd"], &[""], &["x-own"]] {
            send(path, codings).await.is_problem("body.unsupported_encoding");
        }
        let plain = send(path, &["Identity"]).await;
        assert_ne!(plain.status, 415, "{path}");
    }
}

#[tokio::test]
async fn a_body_of_one_mebibyte_is_read_and_a_byte_more_is_not() {
    let edge = Edge::new().await;
    let sized = |bytes: usize| {
        let empty = r#"{"title":"a","parts":[]}"#;
        format!("{}{}", empty, " ".repeat(bytes - empty.len()))
    };
    assert_eq!(edge.post("/test/notes", sized(1 << 20)).await.status, 201);
    edge.post("/test/notes", sized((1 << 20) + 1)).await.is_problem("body.too_large");
    // Announced only: nothing of it is waited for.
    let announced = request("POST", "/test/notes")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, 1 << 30)
        .body(Body::from_stream(futures_util::stream::pending::<Result<&[u8], std::io::Error>>()));
    edge.send(announced.expect("a request")).await.is_problem("body.too_large");
}

#[tokio::test]
async fn an_idempotency_key_is_visible_ascii_sent_once() {
    let edge = Edge::new().await;
    let send = async |method: &str, path: &str, keys: &[&[u8]], body: &'static str| {
        let request = request(method, path).header(header::CONTENT_TYPE, "application/json");
        let request = keys.iter().fold(request, |request, key| request.header("idempotency-key", *key));
        edge.send(request.body(Body::from(body)).expect("a request")).await
    };
    let longest = "k".repeat(255);
    let too_long = "k".repeat(256);
    for key in ["k", "0b7e5b0e-7f0c-4d5a-9f63-0d7f6a2f8f10", &longest] {
        assert_eq!(send("POST", "/test/notes", &[key.as_bytes()], r#"{"title":"a"}"#).await.json()["once"]["key"], key);
    }
    for keys in [&[&b""[..]][..], &[too_long.as_bytes()], &[b"a b"], &["키".as_bytes()], &[b"a", b"a"], &[b"\t"]] {
        for (method, path, body) in [
            ("POST", "/test/notes", r#"{"title":"a"}"#),
            ("PATCH", "/test/notes", r#"{"title":"a"}"#),
            ("POST", "/test/notes/1/touch", ""),
            ("POST", "/test/plain", r#"{"title":"a"}"#),
            ("POST", "/test/maybe", ""),
        ] {
            send(method, path, keys, body).await.is_problem("idempotency.malformed_key");
        }
    }
    assert!(send("POST", "/test/notes", &[], r#"{"title":"a"}"#).await.json()["once"].is_null());
}

#[tokio::test]
async fn two_requests_have_one_hash_only_if_they_ask_the_same() {
    let edge = Edge::new().await;
    let hash = async |method: &str, path: &str, body: &'static str| {
        let request = request(method, path).header(header::CONTENT_TYPE, "application/json").header("idempotency-key", "k");
        let once = edge.send(request.body(Body::from(body)).expect("a request")).await.json()["once"].clone();
        assert_eq!(once["principal"], "anonymous");
        (once["route"].as_str().expect("a route").to_owned(), once["hash"].as_str().expect("a hash").to_owned())
    };
    let (route, first) = hash("POST", "/test/notes?a=1", r#"{"title":"a"}"#).await;
    assert_eq!(route, "POST /test/notes");
    assert_eq!(hash("POST", "/test/notes?a=1", r#"{"title":"a"}"#).await.1, first);
    assert_ne!(hash("POST", "/test/notes?a=2", r#"{"title":"a"}"#).await.1, first);
    assert_ne!(hash("POST", "/test/notes?a=1", r#"{"title":"b"}"#).await.1, first);
    assert_ne!(hash("PATCH", "/test/notes?a=1", r#"{"title":"a"}"#).await.1, first);
    let (route, one) = hash("POST", "/test/notes/1/touch", "").await;
    assert_eq!(route, "POST /test/notes/{id}/touch");
    assert_ne!(hash("POST", "/test/notes/2/touch", "").await.1, one);
}

#[tokio::test]
async fn a_request_without_a_body_takes_none() {
    let edge = Edge::new().await;
    for body in ["", "{}", " {} "] {
        assert_eq!(edge.post("/test/notes/1/touch", body).await.status, 200, "{body:?}");
    }
    assert_eq!(edge.send(request("POST", "/test/notes/1/touch").body(Body::empty()).expect("a request")).await.status, 200);
    for body in ["null", r#"{"a":1}"#, "x"] {
        edge.post("/test/notes/1/touch", body).await.is_problem("body.invalid");
    }
}

#[tokio::test]
async fn a_body_that_may_be_missing_may_be_null_and_is_strict_otherwise() {
    let edge = Edge::new().await;
    for (body, answer) in [("", "null"), ("null", "null"), (r#"{"minutes":5}"#, r#"{"minutes":5}"#)] {
        assert_eq!(edge.post("/test/maybe", body).await.body, answer.as_bytes(), "{body}");
    }
    edge.post("/test/maybe", "{").await.is_problem("body.malformed");
    let problem = edge.post("/test/maybe", r#"{"minutes":"5"}"#).await.is_problem("body.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/minutes");
    let request = request("POST", "/test/maybe").body(Body::from(r#"{"minutes":5}"#)).expect("a request");
    edge.send(request).await.is_problem("body.unsupported_media_type");
}

#[tokio::test]
async fn a_query_is_read_strictly() {
    let edge = Edge::new().await;
    assert_eq!(edge.get("/test/find?limit=5&q=%EA%B0%80+b").await.json()["q"], "가 b");
    assert_eq!(edge.get("/test/find").await.status, 200);
    for (query, pointer) in [
        ("limit=0x5", "/limit"),
        ("limit=-1", "/limit"),
        ("limit=1000000000", "/limit"),
        ("limit=", "/limit"),
        ("limit=5&limit=6", "/limit"),
        ("limt=5", "/limt"),
    ] {
        let problem = edge.get(&format!("/test/find?{query}")).await.is_problem("query.invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{query}: {problem}");
    }
    for query in ["q=%", "q=%4", "q=%zz", "q=%ff", "q=%C0%80"] {
        edge.get(&format!("/test/find?{query}")).await.is_problem("query.malformed");
    }
}

#[tokio::test]
async fn an_id_that_is_not_one_is_malformed_and_never_looked_up() {
    let edge = Edge::new().await;
    assert_eq!(edge.get("/test/schedules/sch_00000000000000000000000000").await.status, 200);
    for id in [
        "1",
        "sch_",
        "usr_00000000000000000000000000",
        "SCH_00000000000000000000000000",
        "sch_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "99999999999999999999999999999999",
        "..%2f..%2fetc%2fpasswd",
        "%252e%252e%252f",
        "sch_0000000000000000000000000%00",
        "%ff",
    ] {
        edge.get(&format!("/test/schedules/{id}")).await.is_problem("id.malformed");
    }
}
