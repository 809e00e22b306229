//! Dockerfiles: any bytes are read without a panic and printed as they were; pinning
//! changes the sites alone, pins what it says it pins, and a second time nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinfold::dockerfile::{Dockerfile, ImageUse, Meaning, Outside, State};
use pinfold::image::{Digest, Reference};
use pinfold::text::{Edit, apply};

fuzz_target!(|source: &[u8]| {
    let file = Dockerfile::parse(source);
    assert_eq!(file.print(), source);
    let uses = file.uses(&Outside::default());
    let pinned = apply(source, &edits(&uses)).expect("edits do not meet");
    let again = Dockerfile::parse(&pinned).uses(&Outside::default());
    assert_eq!(again.len(), uses.len());
    for (before, after) in uses.iter().zip(&again) {
        let (Meaning::Image(old), State::Open(_)) = (&before.meaning, &before.state) else {
            assert_eq!(before.meaning, after.meaning);
            continue;
        };
        let Meaning::Image(new) = &after.meaning else {
            panic!("{after:?} was an image");
        };
        assert_eq!(new.repository(), old.repository());
        assert_eq!(new.followed_tag(), old.followed_tag());
        assert_eq!(new.digest(), Some(&digest_of(old)));
        assert!(matches!(after.state, State::Pinned(Ok(_))));
    }
    assert!(edits(&again).is_empty());
});

fn edits(uses: &[ImageUse]) -> Vec<Edit> {
    let edit = |image_use: &ImageUse| match (&image_use.meaning, &image_use.state) {
        (Meaning::Image(reference), State::Open(site)) => Some(site.edit(&digest_of(reference))),
        _ => None,
    };
    uses.iter().filter_map(edit).collect()
}

fn digest_of(reference: &Reference) -> Digest {
    let tag = reference.followed_tag().unwrap_or_default();
    Digest::of(format!("{}:{tag}", reference.repository()).as_bytes())
}
