#include <cblas.h>

// LAPACK's eigenvalues of a symmetric matrix and triangular inverse, which OpenBLAS carries; its C interface is a
// package of its own on Debian, so Fortran's names are declared here.
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info);
