//! pip's requirements files and pyproject tables, parsed with spans.
