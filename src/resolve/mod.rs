//! The resolver: candidates, PubGrub, explanations.
