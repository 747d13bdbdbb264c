"""Health of endpoints: active checks, ejection by what traffic sees, and what an operator sets by hand."""
