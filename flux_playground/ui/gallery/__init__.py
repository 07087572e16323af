"""The gallery: every generation of a visitor, found, judged, compared and exported."""
