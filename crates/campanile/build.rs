//! Lists the files of the web page, so that they are compiled in (`wiring/page.rs`).
//!
//! What lies in `web/dist` is taken as it is. If nobody has built it, the list is empty and the program says how to build it: whoever
//! works on the Rust side alone needs no Node.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let dist = told("CARGO_MANIFEST_DIR")?.join("../../web").canonicalize()?.join("dist");
    // Cargo calls a path that is missing changed, each time. Where the folder cannot be made, that costs a second and no more.
    let _ = fs::create_dir(&dist);
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=build.rs");

    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        collect(&dist, "", &mut files)?;
    }
    files.sort();
    // Copied, because the folder may be built anew before the compiler comes to read them.
    let copies = told("OUT_DIR")?.join("page");
    fs::create_dir_all(&copies)?;
    let mut list = String::from("&[\n");
    for (index, (name, path)) in files.iter().enumerate() {
        let copy = copies.join(index.to_string());
        fs::copy(path, &copy)?;
        // Writing to a String cannot fail. As literals, names and paths may hold any sign.
        let _ = writeln!(list, "    ({name:?}, include_bytes!({:?})),", copy.display().to_string());
    }
    list.push_str("]\n");
    fs::write(told("OUT_DIR")?.join("page.rs"), list)
}

/// What cargo tells a build script.
#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by variables; no configuration is read")]
fn told(name: &str) -> io::Result<PathBuf> {
    env::var_os(name).map(PathBuf::from).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Adds the files in `folder`, whose names begin with `prefix`.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}
