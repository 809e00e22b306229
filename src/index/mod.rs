//! The Simple API client (PEP 503, 691, 700, 658, 714).
