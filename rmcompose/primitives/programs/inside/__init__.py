"""What runs inside a sandbox: scripts of the standard library alone, read by an interpreter that may lack all else.

In come frames that name programs and cases, out go frames with what each case printed, gave or did. Look first at
`driver.py`.
"""
