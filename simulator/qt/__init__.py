"""The control as programs know it: ``PyQt5.QAxContainer`` over the simulator, on any system.

`simulator.install` and ``python -m simulator run`` put it in place. Only `widget` and `pump` import PyQt5.
"""
