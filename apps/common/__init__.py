"""Words that know no business."""
