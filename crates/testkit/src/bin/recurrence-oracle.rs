//! `recurrence-oracle`: compares random recurrences with python-dateutil. `scripts/recurrence-oracle.sh` installs it and runs this.
//!
//! ```text
//!   recurrence-oracle COMMAND... --cases N --seed N     COMMAND answers lines; the differences are printed
//!   … --write FILE --most N                             keeps the answers that are not empty and at most N occurrences long
//! ```

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context as _, ensure};
use testkit::{SeededEntropy, oracle::Case};

struct Wish {
    command: Vec<String>,
    cases: usize,
    seed: u64,
    write: Option<(String, usize)>,
}

fn main() -> anyhow::Result<ExitCode> {
    let wish = parse(std::env::args().skip(1))?;
    let entropy = SeededEntropy::new(wish.seed);
    let cases: Vec<Case> = (0..wish.cases).map(|_| Case::draw(&entropy)).collect();
    let answers = ask(&wish.command, &cases)?;
    let (mut different, mut occurrences, mut skipped, mut repeated) = (0, 0, 0, 0);
    let mut kept = String::new();
    for (case, line) in cases.iter().zip(&answers) {
        let (asked, theirs) = Case::read(line).context("an answer is not a case")?;
        ensure!(asked == *case, "the answers are out of step at {line}");
        let ours = case.answer()?;
        occurrences += ours.occurrences;
        skipped += ours.skipped;
        repeated += ours.repeated;
        if ours.text != theirs {
            different += 1;
            println!("{}\n  ours    {}\n  theirs  {theirs}", case.line(), ours.text);
        }
        if wish.write.as_ref().is_some_and(|(_, most)| (1..=*most).contains(&ours.occurrences)) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    println!(
        "{} cases (seed {}), {occurrences} occurrences, {skipped} of them in gaps and {repeated} in folds: {different} different",
        cases.len(),
        wish.seed
    );
    if let Some((file, _)) = wish.write {
        fs::write(file, kept)?;
    }
    Ok(if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn parse(mut words: impl Iterator<Item = String>) -> anyhow::Result<Wish> {
    let mut wish = Wish { command: Vec::new(), cases: 20_000, seed: 1, write: None };
    let mut most = 8;
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--cases" => wish.cases = value()?.parse()?,
            "--seed" => wish.seed = value()?.parse()?,
            "--write" => wish.write = Some((value()?, most)),
            "--most" => most = value()?.parse()?,
            _ => wish.command.push(word),
        }
    }
    ensure!(!wish.command.is_empty(), "say what answers, such as: python3 scripts/recurrence-oracle.py");
    wish.write = wish.write.map(|(file, _)| (file, most));
    Ok(wish)
}

/// Writes and reads at the same time, or both sides would wait for the other's full pipe.
fn ask(command: &[String], cases: &[Case]) -> anyhow::Result<Vec<String>> {
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| command.join(" "))?;
    let (mut questions, answers) = (child.stdin.take().context("stdin")?, child.stdout.take().context("stdout")?);
    let lines = std::thread::scope(|scope| {
        scope.spawn(move || cases.iter().try_for_each(|case| writeln!(questions, "{}", case.line())));
        BufReader::new(answers).lines().collect::<Result<Vec<_>, _>>()
    })?;
    let status = child.wait()?;
    ensure!(status.success() && lines.len() == cases.len(), "{} of {} answered, {status}", lines.len(), cases.len());
    Ok(lines)
}
