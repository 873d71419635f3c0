//! A server whose clock was once years ahead.

use crate::process::{Installation, ready, reason};

/// As a server leaves it that ran with a clock in the year 2100.
const AHEAD: [&str; 2] = ["INSERT INTO high_water (id, at) VALUES (1, ", ") ON CONFLICT (id) DO UPDATE SET at = excluded.at"];

async fn run_ahead(installation: &Installation) {
    let at = if installation.is_shared() { "'2100-01-01T00:00:00Z'" } else { "4102444800000000" };
    store::scratch::script(&installation.open(), &AHEAD.join(at)).await.expect("it runs");
}

#[tokio::test]
async fn a_clock_that_was_years_ahead_is_said_and_can_be_forgotten() {
    for installation in Installation::on_both_engines().await {
        assert_eq!(installation.serve(&[]).terminate().0.code(), Some(0));
        run_ahead(&installation).await;

        let server = installation.serve(&[]);
        let (status, page) = ready(&server).await;
        assert_eq!(status, 503, "{page}");
        assert!(reason(&page, "clock").contains("the clock stands before 2100-01-01T00:00:00Z"), "{page}");
        if !installation.is_shared() {
            let refused = installation.run(&["doctor", "--forget-clock"]);
            assert_eq!((refused.code, refused.data.as_str()), (Some(1), ""), "{refused:?}");
            assert!(refused.talk.starts_with("campanile: another process has opened "), "{refused:?}");
        }
        assert_eq!(server.terminate().0.code(), Some(0));

        let examined = installation.run(&["doctor", "--listen", "127.0.0.1:0"]);
        assert_eq!(examined.code, Some(1), "{examined:?}");
        assert!(examined.data.contains("`campanile doctor --forget-clock`"), "{examined:?}");
        let forgotten = installation.run(&["doctor", "--forget-clock"]);
        assert_eq!((forgotten.code, forgotten.data.as_str()), (Some(0), "2100-01-01T00:00:00Z\n"), "{forgotten:?}");
        let again = installation.run(&["doctor", "--forget-clock"]);
        assert!(again.code == Some(0) && again.talk.starts_with("Nothing to forget"), "{again:?}");

        let server = installation.serve(&[]);
        let (status, page) = ready(&server).await;
        assert_eq!(status, 200, "{page}");
    }
}
