// The parts of `confine`. 1: in force; 0: the kernel does not have it.

#ifndef CONFINEMENT_H
#define CONFINEMENT_H

int restrict_files(const char *const *folders);
int restrict_calls(int may_execute, int writes_nothing);

#endif
