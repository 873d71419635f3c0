//! `sim`: runs the simulator by hand.
//!
//! ```text
//!   sim --seed N [--trace]      one seed; --trace prints its history as JSON lines
//!   sim --seeds FROM..TO        many seeds, and how fast
//!   … --sabotage NAME           with a known-bad variant of the engine
//! ```

use std::{io::Write as _, process::ExitCode};

use testkit::{
    history::write_line,
    simulator::{Sabotage, simulate},
};

const USAGE: &str = "sim --seed N [--trace] | --seeds FROM..TO, either with --sabotage NAME";

struct Wish {
    seeds: std::ops::Range<u64>,
    trace: bool,
    sabotage: Option<Sabotage>,
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(wish) => run(&wish),
        Err(why) => {
            eprintln!("{why}\nusage: {USAGE}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut wish = Wish { seeds: 0..0, trace: false, sabotage: None };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--trace" => wish.trace = true,
            "--sabotage" => wish.sabotage = Some(value()?.parse()?),
            "--seed" => {
                let seed = number(&value()?)?;
                wish.seeds = seed..seed + 1;
            }
            "--seeds" => {
                let range = value()?;
                let (from, to) = range.split_once("..").ok_or("write a range such as 1..1000")?;
                wish.seeds = number(from)?..number(to)?;
            }
            _ => return Err(format!("what is {word}?")),
        }
    }
    if wish.seeds.is_empty() { Err("say which seeds".to_owned()) } else { Ok(wish) }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is not a seed"))
}

#[expect(clippy::disallowed_methods, reason = "how fast the simulator is can only be measured with the machine's clock")]
fn run(wish: &Wish) -> ExitCode {
    let began = std::time::Instant::now();
    let (mut simulated, mut bad, mut rang) = (0.0, 0, 0);
    for seed in wish.seeds.clone() {
        let report = simulate(seed, wish.sabotage);
        simulated += report.simulated.as_secs_f64();
        rang += report.verdict.summary.effects;
        bad += u64::from(!report.is_good());
        if wish.trace {
            let mut out = std::io::stdout().lock();
            let written = report.history.iter().try_for_each(|entry| write_line(&mut out, entry));
            if written.and_then(|()| out.flush()).is_err() {
                return ExitCode::FAILURE;
            }
        }
        if !report.is_good() || wish.seeds.end - wish.seeds.start == 1 {
            eprint!("{report}");
        }
    }
    let (seconds, count) = (began.elapsed().as_secs_f64(), wish.seeds.end - wish.seeds.start);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = count as f64 / seconds;
    eprintln!(
        "{count} seeds in {seconds:.1} s ({rate:.1}/s, {:.0} times real time), {rang} alarms rang, {bad} seeds failed",
        simulated / seconds
    );
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
