//! Which web page is shown: the one compiled in, or the folder `http.page`.

use std::{fs, io, path::Path};

use api::WebPage;
use bytes::Bytes;

use crate::{cli::Failure, config::Config};

/// What `build.rs` found in `web/dist`.
const COMPILED_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// No file of a page is larger; a larger one is a mistake.
const LARGEST: u64 = 16 << 20;

/// No page has more files.
const MOST: usize = 2_000;

/// Folders in folders, at most.
const DEEPEST: usize = 5;

/// The page that `config` asks for.
pub(crate) fn web_page(config: &Config) -> Result<WebPage, Failure> {
    let Some(folder) = &config.http.page else {
        return Ok(WebPage::of(COMPILED_IN.iter().map(|(path, bytes)| ((*path).to_owned(), Bytes::from_static(bytes)))));
    };
    read(folder).map(WebPage::of).map_err(|why| {
        Failure::new(format!("the web page in {} (`http.page`) cannot be read: {why}", folder.display()))
            .hint("Name a folder with an index.html, such as web/dist, or \"\" for the page of this version.")
    })
}

fn read(folder: &Path) -> io::Result<Vec<(String, Bytes)>> {
    let mut files = Vec::new();
    collect(folder, "", 1, &mut files)?;
    if files.iter().any(|(path, _)| path == "index.html") {
        Ok(files)
    } else {
        Err(io::Error::new(io::ErrorKind::NotFound, "there is no index.html in it"))
    }
}

/// Adds the files in `folder`, whose paths begin with `prefix`.
fn collect(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<(String, Bytes)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let found = entry.metadata()?;
        if found.is_dir() && depth < DEEPEST {
            collect(&entry.path(), &format!("{path}/"), depth + 1, files)?;
        } else if found.is_file() {
            if found.len() > LARGEST || files.len() >= MOST {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{path} is more than a page has")));
            }
            files.push((path, fs::read(entry.path())?.into()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_with_what_is_below_it() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(folder.path()).expect_err("it is empty").to_string(), "there is no index.html in it");
        fs::create_dir(folder.path().join("assets")).expect("a folder");
        fs::write(folder.path().join("index.html"), "<!doctype html>").expect("a file");
        fs::write(folder.path().join("assets/a-1.js"), "1").expect("a file");
        let mut read = read(folder.path()).expect("a page");
        read.sort();
        let expected = [("assets/a-1.js", "1"), ("index.html", "<!doctype html>")];
        assert_eq!(read, expected.map(|(path, text)| (path.to_owned(), Bytes::from_static(text.as_bytes()))));
    }
}
