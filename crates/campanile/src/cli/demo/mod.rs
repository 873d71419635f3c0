//! `campanile demo`: a throw-away server, a schedule, a ring, a murder, and a ring again.

mod child;

use std::time::Duration;

use clockwork::SystemClock;
use kernel::{Clock, Instant};
use serde_json::json;

use super::{Failure, terminal::Palette};
use crate::{
    client::{Client, Live, Refusal, Ring, fresh_key, schedule_at, whole_second},
    config::Environment,
    serve::runtime,
    wiring::OsEntropy,
};
use child::Server;

/// How far ahead the alarms of the demo lie.
const LEAD: Duration = Duration::from_secs(2);

/// How long anything may take before the demo gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs it.
pub(crate) fn run(environment: &Environment) -> Result<(), Failure> {
    let palette = Palette::of_stdout(environment);
    runtime()?.block_on(async {
        let clock = SystemClock::new(None);
        tokio::select! {
            shown = show(palette, &clock) => shown,
            () = clock.sleep(PATIENCE) => Err(Failure::new("the demo took too long")
                .hint("On a very slow machine that happens; otherwise please tell us.")),
            // The server is killed and its folder deleted as everything is dropped.
            _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
        }
    })
}

async fn show(palette: Palette, clock: &SystemClock) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("campanile-demo-").tempdir()?;
    let step = |text: &str| println!("\n{}", palette.bold(text));
    let command = |text: String| println!("{}", palette.dim(text));

    step("1. A server with an empty data folder");
    command(format!("   campanile serve --listen 127.0.0.1:0 --data {}", folder.path().display()));
    let mut server = Server::start(folder.path(), clock).await?;
    println!("   It is ready on {} after {} ms.", server.url(), server.took().as_millis());

    step("2. The first user, who becomes its administrator");
    let stranger = Client::new(server.url())?;
    let person = json!({"email": "demo@example.com", "password": "a pass phrase for ten seconds", "display_name": "Demo"});
    command(curl(&stranger, "/api/v1/auth/signup", false, &person));
    let account = stranger.sign_up(&person).await.map_err(said(&stranger))?;
    let client = stranger.signed_in(account);

    step("3. The live stream, in a second window");
    command(format!("   curl -N {}/api/v1/me/stream -H \"Authorization: Bearer $TOKEN\"", server.url()));
    let mut live = Live::open(&client).await.map_err(said(&client))?;
    println!("   It is open.");

    step(&format!("4. A schedule that starts in {} seconds, with a reminder at its start", LEAD.as_secs()));
    let tea = plan(&client, "Tea is ready", clock, command).await?;
    let ring = live.wait_for(&tea, clock).await.map_err(said(&client))?;
    println!("{}", rang(palette, "Tea is ready", &ring));

    step("5. Another one, but before it is due the server dies: kill -9");
    let bread = plan(&client, "Bread is baked", clock, command).await?;
    command(format!("   kill -9 {}", server.pid()));
    server.kill().await?;
    println!("   It is dead. Nothing was flushed, nobody was told.");

    step("6. It is started again on the same folder");
    server = Server::start(folder.path(), clock).await?;
    println!("   It is ready on {} after {} ms, and nobody has to do anything.", server.url(), server.took().as_millis());
    let client = client.at(server.url());
    live.move_to(server.url());
    let ring = live.wait_for(&bread, clock).await.map_err(said(&client))?;
    println!("{}", rang(palette, "Bread is baked", &ring));

    step("7. SIGTERM, and the folder is deleted");
    let took = server.stop(clock).await?;
    println!("   It stopped cleanly after {} ms. To keep one: `campanile serve`.", took.as_millis());
    Ok(())
}

/// Makes a schedule that is due soon; answers its id.
async fn plan(client: &Client, title: &str, clock: &SystemClock, command: impl Fn(String)) -> Result<String, Failure> {
    let due: Instant = whole_second(clock.now() + LEAD);
    let schedule = schedule_at(title, due);
    command(curl(client, "/api/v1/schedules", true, &schedule));
    let created = client.create_schedule(&schedule, &fresh_key(&OsEntropy)).await.map_err(said(client))?;
    println!("   {} is on the disk, due at {due}.", created.id);
    Ok(created.id.as_sent().to_owned())
}

fn rang(palette: Palette, title: &str, ring: &Ring) -> String {
    let seen = format!("fired {} ms after {}, seen here after {} ms", ring.late_by_ms, ring.due_at, ring.seen_after.as_millis());
    format!("   {} {} ({seen})", palette.green("♪"), palette.bold(title))
}

/// The request as one would type it.
fn curl(client: &Client, path: &str, signed_in: bool, body: &serde_json::Value) -> String {
    let token = if signed_in { " -H \"Authorization: Bearer $TOKEN\"" } else { "" };
    format!("   curl {}{path}{token} -H 'Content-Type: application/json' \\\n        -d '{body}'", client.server())
}

fn said(client: &Client) -> impl Fn(Refusal) -> Failure + '_ {
    |refusal| refusal.failure(client.server())
}
