"""Makes the files in this folder: features, and scikit-learn's results for them, with which ScikitTests compares.

    pip install -r requirements.txt
    python make.py

Features travel as sound: float32 WAV files whose every WIDTH samples are one vector. `train.wav` and `test.wav` are
normal in three clusters, test.wav's second half lies off; `labelled/` holds three labels, hard.wav what
is harder to tell apart. scores.csv has a column for each detector, a row for each vector of test.wav, for classifiers of
hard.wav; metrics.csv the areas of labelled scores.
"""

import pathlib

import numpy as np
import soundfile
from scipy.stats import gamma
from sklearn.cluster import KMeans
from sklearn.covariance import EmpiricalCovariance, LedoitWolf
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

HERE = pathlib.Path(__file__).parent
WIDTH = 12


def write(name, vectors):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, vectors.astype(np.float32).ravel(), 16000, subtype="FLOAT")
    return vectors.astype(np.float32).astype(np.float64)


def local_density(reference, x):
    distances, _ = NearestNeighbors(n_neighbors=4).fit(reference).kneighbors(reference)
    densities = distances[:, 1:].mean(axis=1)
    every = np.linalg.norm(x[:, None, :] - reference[None, :, :], axis=2) / densities
    return np.sort(every, axis=1)[:, :3].mean(axis=1)


def main():
    generator = np.random.default_rng(7)
    centers = 6 * generator.standard_normal((3, WIDTH))
    mixing = np.eye(WIDTH) + 0.2 * generator.standard_normal((WIDTH, WIDTH))

    def normal(count):
        return centers[generator.integers(3, size=count)] + generator.standard_normal((count, WIDTH)) @ mixing

    train = write("train/train.wav", normal(300))
    test = write("test.wav", np.concatenate([normal(60), normal(60) + 1.5 * generator.standard_normal((60, WIDTH))]))
    scaler = StandardScaler().fit(train)
    s, t = scaler.transform(train), scaler.transform(test)

    scores = {}
    for clusters in (1, 3):
        model = KMeans(clusters, n_init=20, random_state=0, tol=1e-9).fit(s)
        scores[f"kmeans-{clusters}"] = model.transform(t).min(axis=1)
    model = KMeans(3, n_init=20, random_state=0, tol=1e-9).fit(train)
    scores["kmeans-raw"] = model.transform(test).min(axis=1)
    scores["mahalanobis-empirical"] = EmpiricalCovariance().fit(train).mahalanobis(test)
    scores["mahalanobis-ledoit-wolf"] = LedoitWolf().fit(train).mahalanobis(test)
    scores["ocsvm-scale"] = -OneClassSVM(nu=0.1, gamma="scale").fit(s).decision_function(t)
    scores["ocsvm-gamma"] = -OneClassSVM(nu=0.05, gamma=0.05).fit(s).decision_function(t)
    scores["ocsvm-raw"] = -OneClassSVM(nu=0.1, gamma="scale").fit(train).decision_function(test)
    neighbors = NearestNeighbors(n_neighbors=3).fit(s)
    scores["knn-none"] = neighbors.kneighbors(t)[0].mean(axis=1)
    scores["knn-local"] = local_density(s, t)
    mixture = GaussianMixture(3, covariance_type="diag", n_init=10, random_state=0, tol=1e-12, max_iter=5000)
    scores["gmm-3"] = -mixture.fit(s).score_samples(t)
    scores["gmm-1"] = -GaussianMixture(1, covariance_type="diag").fit(s).score_samples(t)
    for name, components in (("pca-5", 5), ("pca-80", 0.8)):
        model = PCA(components, svd_solver="full").fit(s)
        scores[name] = np.linalg.norm(t - model.inverse_transform(model.transform(t)), axis=1)
    # More values than vectors: the other way around the eigenvalues.
    few = s[:8]
    write("few/few.wav", train[:8])
    few_scaler = StandardScaler().fit(train[:8])
    f, ft = few_scaler.transform(train[:8]), few_scaler.transform(test)
    model = PCA(4, svd_solver="full").fit(f)
    scores["pca-few"] = np.linalg.norm(ft - model.inverse_transform(model.transform(ft)), axis=1)
    scores["mahalanobis-few"] = EmpiricalCovariance().fit(train[:8]).mahalanobis(test)

    # Labels.
    x, y = [], []
    for label, name in enumerate(("bearing", "normal", "rub")):
        vectors = write(f"labelled/{name}/{name}.wav", 0.7 * centers[label] + 3 * generator.standard_normal((40, WIDTH)))
        x.append(vectors)
        y += [label] * len(vectors)
    bayes = GaussianNB(var_smoothing=1e-9).fit(np.concatenate(x), y)
    logarithms = bayes.predict_joint_log_proba(test)
    others = np.logaddexp(logarithms[:, 0], logarithms[:, 2])
    scores["bayes-score"] = others - logarithms[:, 1]
    scores["bayes-class"] = bayes.predict(test).astype(float)
    scores["bayes-probability"] = bayes.predict_proba(test).max(axis=1)

    # Classifiers of the same labels, standardised or as they are; `normal` is the reference of the odds. Two labels: the
    # first two.
    def judge(name, model, x, y, t):
        model.fit(x, y)
        scores[f"{name}-class"] = model.predict(t).astype(float)
        scores[f"{name}-probability"] = model.predict_proba(t).max(axis=1)
        return model

    x, y = np.concatenate(x), np.array(y)
    hard = [0.3 * center + 4 * generator.standard_normal((40, WIDTH)) for center in centers]
    hard = write("hard.wav", np.concatenate(hard))
    label_scaler = StandardScaler().fit(x)
    s, t = label_scaler.transform(x), label_scaler.transform(hard)
    # The default, lbfgs, goes to the same optimum, but ends up to 4e-4 of a score before it where values are not scaled.
    optimum = dict(solver="newton-cholesky", max_iter=1000)
    for name, c, (a, b) in (("logistic", 1.0, (s, t)), ("logistic-weak", 0.01, (s, t)), ("logistic-raw", 100.0, (x, hard))):
        model = judge(name, LogisticRegression(C=c, tol=1e-12, **optimum), a, y, b)
        values = model.decision_function(b)
        scores[f"{name}-score"] = np.logaddexp(values[:, 0], values[:, 2]) - values[:, 1]
    two = y < 2
    two_scaler = StandardScaler().fit(x[two])
    model = judge("logistic-two", LogisticRegression(C=0.5, tol=1e-12, **optimum), two_scaler.transform(x[two]),
                  y[two], two_scaler.transform(hard))
    scores["logistic-two-score"] = -model.decision_function(two_scaler.transform(hard))
    for name, neighbors, weights, (a, b) in (("knn-labels", 5, "uniform", (s, t)), ("knn-weighted", 7, "distance", (s, t)),
                                             ("knn-even", 4, "uniform", (x, hard))):
        model = judge(name, KNeighborsClassifier(neighbors, weights=weights), a, y, b)
        # One more vote, spread over the labels.
        shares = (model.predict_proba(b) * neighbors + 1 / 3) / (neighbors + 1)
        scores[f"{name}-score"] = np.log(1 - shares[:, 1]) - np.log(shares[:, 1])

    names = list(scores)
    table = np.stack([scores[name] for name in names], axis=1)
    np.savetxt(HERE / "scores.csv", table, fmt="%.17g", delimiter=",", header=",".join(names), comments="")

    # Areas, ties among the scores.
    rows = []
    for name in ("kmeans-1", "gmm-3", "ocsvm-scale"):
        labels = np.repeat([0, 1], 60)
        for digits in (10, 1):
            values = np.round(scores[name], digits)
            rows.append([
                f"{name}-{digits}", roc_auc_score(labels, values), roc_auc_score(labels, values, max_fpr=0.1),
                average_precision_score(labels, values),
            ])
    with open(HERE / "metrics.csv", "w", encoding="utf-8") as file:
        file.write("name,auc,pauc,pr_auc\n")
        for row in rows:
            file.write(",".join([row[0]] + [f"{value:.12g}" for value in row[1:]]) + "\n")

    # A gamma distribution whose least value is 0.
    positive = scores["kmeans-1"]
    shape, _, scale = gamma.fit(positive, floc=0)
    (HERE / "gamma.txt").write_text(f"{gamma.ppf(0.9, shape, scale=scale):.12g}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
