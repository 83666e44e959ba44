"""Modules of Windows.

`simulator.qt.installing` lets programs find them under their own names, where there are no real ones.
There is one window, which asks for a login that needs nobody (`simulator.qt.desktop`), and a registry that
knows the control (`simulator.qt.registry`). What would change the machine does nothing.
"""
