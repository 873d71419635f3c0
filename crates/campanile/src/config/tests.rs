//! The layers and every kind of complaint, as tables.

use super::*;

const NO_FLAGS: [&str; 0] = [];

/// Flags and variables as they would be written, with a data folder that holds `file` (if it is not empty).
fn load_with(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> Result<Loaded, String> {
    let folder = tempfile::tempdir().expect("a folder");
    if !file.is_empty() {
        std::fs::write(folder.path().join(FILE_NAME), file).expect("a file");
    }
    let data = folder.path().display().to_string();
    let mut parsed = Flags { data: Some(data.clone()), ..Flags::default() };
    parsed.set = flags.iter().map(|flag| (*flag).to_owned()).collect();
    load(&parsed, &Environment::with(variables)).map_err(|complaints| complaints.to_string().replace(&data, "DATA"))
}

#[test]
fn the_default_file_names_every_key_and_parses() {
    let loaded = load(&Flags::default(), &Environment::with(&[])).expect("the defaults hold");
    for (key, shown) in loaded.config.show() {
        let Some(Origin::Default { line }) = loaded.layers.origin(key) else { panic!("{key} has no line in the default file") };
        let name = key.rsplit('.').next().unwrap_or(key);
        let written = DEFAULTS.lines().nth(line - 1).expect("the line");
        assert_eq!(written, format!("{name} = {shown}"), "the default file writes {key} as it is printed");
    }
}

#[test]
fn every_default_is_explained_and_every_number_tells_its_range() {
    let mut comment = String::new();
    for line in DEFAULTS.lines() {
        match line.strip_prefix('#') {
            Some(text) => comment.push_str(text),
            None if line.is_empty() || line.starts_with('[') => comment.clear(),
            None => {
                assert!(!comment.trim().is_empty(), "`{line}` has no comment");
                let value = line.rsplit(" = ").next().unwrap_or_default();
                if value.parse::<u32>().is_ok() {
                    assert!(comment.contains(" to "), "the comment of `{line}` does not tell its range");
                }
            }
        }
    }
}

#[test]
fn later_layers_win_key_by_key() {
    let file = "listen = \"127.0.0.1:1001\"\n[stop]\ndrain_seconds = 11\n[log]\nlevel = \"warn\"\n";
    let variables = [("CAMPANILE_LISTEN", "127.0.0.1:1002"), ("CAMPANILE_LOG", "debug")];
    let loaded = load_with(file, &variables, &["log.level=trace"]).expect("it holds");
    let config = &loaded.config;
    assert_eq!(config.stop.drain_seconds.get(), 11);
    assert_eq!(config.listen.port(), 1002);
    assert_eq!(config.log.level.as_str(), "trace");
    assert_eq!(config.limits.requests.get(), 4096);
    let origin = |key| loaded.layers.origin(key).expect("set").to_string();
    assert!(origin("stop.drain_seconds").ends_with("campanile.toml line 3"), "{}", origin("stop.drain_seconds"));
    assert_eq!(origin("listen"), "CAMPANILE_LISTEN");
    assert_eq!(origin("log.level"), "--set log.level");
    assert_eq!(origin("limits.requests"), "default");
}

#[test]
fn lists_are_read_from_files_and_from_texts() {
    let roles = |config: &Config| (config.does(Role::Api), config.does(Role::Worker));
    let postgres = [("CAMPANILE_DATABASE", "postgres://u:p@h/d")];
    assert_eq!(roles(&load_with("roles = [\"worker\"]", &postgres, &NO_FLAGS).expect("holds").config), (false, true));
    assert_eq!(roles(&load_with("", &postgres, &["roles=api"]).expect("holds").config), (true, false));
    let loaded = load_with("", &[("CAMPANILE_HTTP__TRUSTED_PROXIES", "10.0.0.1, ::1")], &NO_FLAGS).expect("holds");
    assert_eq!(loaded.config.http.trusted_proxies.len(), 2);
}

#[test]
fn what_is_wrong_is_said_with_place_and_remedy() {
    let file = |text: &str| load_with(text, &[], &NO_FLAGS).expect_err(text);
    let table = [
        (file("listn = \"x\""), "DATA/campanile.toml line 1: `listn` is not a key of this version; did you mean `listen`?"),
        (
            file("[stop]\n\nfoo = 1"),
            "DATA/campanile.toml line 3: `stop.foo` is not a key of this version; allowed: stop.drain_seconds",
        ),
        (
            file("[stop]\ndrain_seconds = 0"),
            "DATA/campanile.toml line 2: `stop.drain_seconds` is 0; allowed: a whole number from 1 to 60",
        ),
        (
            file("listen = 8080"),
            "DATA/campanile.toml line 1: `listen` is 8080; allowed: an IP address and a port, such as 127.0.0.1:8080, \
             0.0.0.0:8080 or [::]:8080; port 0 takes a free one",
        ),
        (
            file("redis = \"redis://localhost\""),
            "DATA/campanile.toml line 1: `redis` is \"redis://localhost\"; allowed: only \"\": it is not available in this version",
        ),
        (
            file("roles = [\"api\", \"gateway\"]"),
            "DATA/campanile.toml line 1: `roles` is [\"api\", \"gateway\"]; allowed: api, worker, or both; other roles are not \
             available in this version",
        ),
        (
            file("data = \"elsewhere\""),
            "DATA/campanile.toml line 1: `data` names another data folder than the one it lies in; set it by --data or \
             CAMPANILE_DATA",
        ),
        (
            file("database = \"postgres://u:canary@h/d?x\"\nroles = 1"),
            "DATA/campanile.toml line 2: `roles` is 1; allowed: api, worker, or both; other roles are not available in this version",
        ),
        (
            file("database = \"mysql://u:canary@h\""),
            "DATA/campanile.toml line 1: `database` is not valid (the value is not shown); allowed: \"\" for none, or sqlite:FILE, \
             or postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        ),
        (
            file("[campaigns]\nhandover_url = \"https://me:canary@notify.example/hook\""),
            "DATA/campanile.toml line 2: `campaigns.handover_url` is not valid (the value is not shown); allowed: \"\" for none, or a \
             URL of http:// or https:// without a user: https://notify.example/restock",
        ),
        (
            load_with("", &[("CAMPANILE_CAMPAIGNS__HANDOVER_URL", "notify.example/canary")], &NO_FLAGS).expect_err("no URL"),
            "CAMPANILE_CAMPAIGNS__HANDOVER_URL is not valid (the value is not shown); allowed: ",
        ),
        (
            load_with("", &[], &["roles=api"]).expect_err("split"),
            "--set roles splits the work between processes, but a SQLite file belongs to one process; leave it at \
             \"api,worker\", or set database to a postgres:// URL",
        ),
        (
            load_with("", &[("CAMPANILE_LISTN", "x")], &NO_FLAGS).expect_err("unknown"),
            "CAMPANILE_LISTN is not a variable of this version; did you mean CAMPANILE_LISTEN?",
        ),
        (
            load_with("", &[("CAMPANILE_LOG", "loud")], &NO_FLAGS).expect_err("unknown level"),
            "CAMPANILE_LOG is \"loud\"; allowed: off, error, warn, info, debug, trace, or a list such as info,store=debug",
        ),
        (
            load_with("", &[("CAMPANILE_DATABASE", "sqlite:a"), ("CAMPANILE_DATABASE_FILE", "b")], &NO_FLAGS).expect_err("both"),
            "CAMPANILE_DATABASE_FILE and CAMPANILE_DATABASE are both set; keep one of them",
        ),
        (load_with("", &[], &["nonsense"]).expect_err("no value"), "--set nonsense is not a key of this version; allowed: "),
    ];
    for (said, expected) in table {
        assert!(said.starts_with(expected), "said:     {said}\nexpected: {expected}");
        assert!(!said.contains("canary"), "{said}");
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    let said =
        load_with("listn = 1\n[log]\nlevel = 3\n", &[("CAMPANILE_STOP__DRAIN_SECONDS", "never")], &NO_FLAGS).expect_err("3");
    assert_eq!(said.lines().count(), 3, "{said}");
}

#[test]
fn broken_toml_names_its_line() {
    let said = load_with("listen = \"127.0.0.1:1\"\n[log\n", &[], &NO_FLAGS).expect_err("no TOML");
    assert!(said.starts_with("DATA/campanile.toml line 2 is not TOML: "), "{said}");
}

#[test]
fn a_missing_file_that_was_named_is_a_mistake() {
    let flags = Flags { config: Some("no/such/file.toml".into()), ..Flags::default() };
    let said = load(&flags, &Environment::with(&[])).expect_err("missing").to_string();
    assert!(said.starts_with("no/such/file.toml cannot be read: "), "{said}");
}

#[test]
fn a_secret_comes_from_a_file_and_is_never_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("database");
    std::fs::write(&path, "postgres://anna:canary@db.example/campanile?password=canary\n").expect("a file");
    let path = path.display().to_string();
    let loaded = load_with("", &[("CAMPANILE_DATABASE_FILE", &path)], &NO_FLAGS).expect("it holds");
    let shown: Vec<_> = loaded.config.show().into_iter().filter(|(key, _)| *key == "database").collect();
    assert_eq!(shown, [("database", "\"postgres://anna:***@db.example/campanile\"".to_owned())]);
    assert!(!format!("{:?}", loaded.config).contains("canary"));
    assert!(matches!(loaded.config.database(), Database::Postgres(url) if url.ends_with("password=canary")));
}

#[test]
fn what_an_orchestrator_injects_is_no_mistake() {
    let variables = [
        ("CAMPANILE_PORT", "tcp://10.0.0.1:8080"),
        ("CAMPANILE_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("CAMPANILE_SERVICE_HOST", "10.0.0.1"),
        ("CAMPANILE_SERVICE_PORT_HTTP", "8080"),
        ("CAMPANILE_TOKEN", "not for the server"),
    ];
    assert!(load_with("", &variables, &NO_FLAGS).is_ok());
}
