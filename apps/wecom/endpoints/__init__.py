"""One small method for each WeCom endpoint we use."""
