"""Surface distances against MONAI, against the definitions by brute force, and their properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from l2b_data.cases.surface import SurfaceDistances, surface_distances
from tests import oracle

DISTANCES = ("hd", "hd95", "hd95_pooled", "assd", "masd", "asd_pred_to_ref", "asd_ref_to_pred")
TOLERANCE = 1.3


def random_pair(seed):
    """Two masks and a spacing; even seeds 3-D, odd 2-D; blobs, speckle, boxes at the edge, far apart, tiny."""
    rng = np.random.default_rng(seed)
    ndim = 2 + (seed + 1) % 2
    shape = tuple(rng.integers(3, 18 if ndim == 3 else 40, ndim))
    spacing = tuple(rng.uniform(0.3, 4.0, ndim))
    kind = seed % 5
    masks = []
    for _ in range(2):
        noise = rng.standard_normal(shape)
        if kind < 3:
            noise = ndimage.gaussian_filter(noise, rng.uniform(0.5, 2.5), mode="nearest")
            mask = noise > np.quantile(noise, rng.uniform(0.3, 0.95))
        elif kind == 3:
            mask = noise > rng.uniform(0, 2.5)
        else:
            corner = [rng.integers(0, n) for n in shape]
            mask = np.zeros(shape, bool)
            mask[tuple(slice(c, c + rng.integers(1, n + 1)) for c, n in zip(corner, shape, strict=True))] = True
        mask.flat[rng.integers(mask.size)] = True
        masks.append(mask)
    return *masks, spacing


@pytest.fixture(scope="module")
def monai_values():
    torch = pytest.importorskip("torch")
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance, compute_surface_dice

    def values(pred, ref, spacing):
        pair = [torch.as_tensor(mask)[None, None].float() for mask in (pred, ref)]  # (1 case, 1 class, ...)
        options = {"include_background": True, "spacing": spacing}
        back = [pair[1], pair[0]]
        return {
            "hd": compute_hausdorff_distance(*pair, **options).item(),
            "hd95": compute_hausdorff_distance(*pair, percentile=95, **options).item(),
            "assd": compute_average_surface_distance(*pair, symmetric=True, **options).item(),
            "asd_pred_to_ref": compute_average_surface_distance(*pair, **options).item(),
            "asd_ref_to_pred": compute_average_surface_distance(*back, **options).item(),
            "nsd": compute_surface_dice(*pair, class_thresholds=[TOLERANCE], **options).item(),
        }

    return values


@pytest.mark.parametrize("block", range(4))
def test_equals_monai_on_200_random_masks(block, monai_values):
    for seed in range(50 * block, 50 * (block + 1)):
        pred, ref, spacing = random_pair(seed)
        ours = surface_distances(pred, ref, spacing, tolerance_mm=TOLERANCE)
        for name, expected in monai_values(pred, ref, spacing).items():
            assert getattr(ours, name) == pytest.approx(expected, abs=1e-5), f"seed {seed} {pred.shape}: {name}"


def test_equals_the_full_table_of_distances():
    for seed in range(1000, 1060):
        pred, ref, spacing = random_pair(seed)
        ours = surface_distances(pred, ref, spacing, tolerance_mm=TOLERANCE)
        for name, expected in oracle.surface_distances(pred, ref, spacing, TOLERANCE).items():
            assert getattr(ours, name) == pytest.approx(expected, rel=1e-12, abs=1e-12), f"seed {seed}: {name}"


def test_conventions_of_hd95_differ():
    """A spike on one side is above the 95th percentile of that side alone, below that of both together."""
    ref = np.zeros((40, 40), bool)
    ref[10:30, 10:30] = True
    pred = ref.copy()
    pred[5:10, 20] = True
    found = surface_distances(pred, ref, (1, 1))
    assert found.hd == 5
    assert (found.hd95, found.hd95_pooled) == (pytest.approx(1.05), 0)


@st.composite
def mask_pairs(draw):
    shape = draw(array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=7))
    masks = [draw(arrays(bool, shape)) for _ in range(2)]
    for mask in masks:
        mask.flat[draw(st.integers(0, mask.size - 1))] = True
    spacing = draw(st.tuples(*[st.floats(0.1, 5)] * len(shape)))
    return *masks, spacing


@settings(max_examples=150, deadline=None)
@given(mask_pairs())
def test_symmetry_identity_and_order(pair):
    pred, ref, spacing = pair
    there = surface_distances(pred, ref, spacing, tolerance_mm=1.0)
    back = surface_distances(ref, pred, spacing, tolerance_mm=1.0)
    for name in ("hd", "hd95", "hd95_pooled", "assd", "masd", "nsd"):
        assert getattr(there, name) == pytest.approx(getattr(back, name), rel=1e-12)
    assert there.asd_pred_to_ref == back.asd_ref_to_pred
    slack = 1 + 1e-12
    assert there.hd95 <= there.hd * slack
    assert there.hd95_pooled <= there.hd * slack
    assert min(there.asd_pred_to_ref, there.asd_ref_to_pred) <= there.assd * slack
    assert there.assd <= there.hd * slack
    assert 0 <= there.nsd <= 1
    same = surface_distances(pred, pred, spacing, tolerance_mm=0.0)
    assert all(getattr(same, name) == 0 for name in DISTANCES)
    assert same.nsd == 1


@settings(max_examples=100, deadline=None)
@given(mask_pairs(), st.floats(0.1, 10), st.integers(1, 4))
def test_scales_with_spacing_and_ignores_position_and_margin(pair, factor, margin):
    pred, ref, spacing = pair
    base = surface_distances(pred, ref, spacing)
    scaled = surface_distances(pred, ref, [s * factor for s in spacing])
    # a margin moves the masks off the image edge and must change nothing: the edge counts as outside
    before = [(margin, 2 * margin)] * pred.ndim
    moved = surface_distances(np.pad(pred, before), np.pad(ref, before), spacing)
    for name in DISTANCES:
        assert getattr(scaled, name) == pytest.approx(getattr(base, name) * factor, rel=1e-9, abs=1e-12)
        assert getattr(moved, name) == pytest.approx(getattr(base, name), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("shape", [(6, 7), (4, 6, 7)])
@pytest.mark.parametrize(
    ("pred_any", "ref_any", "status", "nsd"),
    [(False, False, "both_empty", None), (False, True, "missed", 0.0), (True, False, "false_alarm", 0.0)],
)
def test_empty_masks(shape, pred_any, ref_any, status, nsd):
    pred, ref = np.zeros(shape, bool), np.zeros(shape, bool)
    pred.flat[5], ref.flat[9] = pred_any, ref_any
    spacing = (1,) * len(shape)
    assert surface_distances(pred, ref, spacing, tolerance_mm=2.0) == SurfaceDistances(status=status, nsd=nsd)
    assert surface_distances(pred, ref, spacing) == SurfaceDistances(status=status)


def test_single_voxels():
    pred, ref = np.zeros((9, 9, 9), bool), np.zeros((9, 9, 9), bool)
    pred[1, 2, 3] = ref[3, 5, 3] = True
    found = surface_distances(pred, ref, (3.0, 0.5, 0.5), tolerance_mm=5.0)
    assert [getattr(found, name) for name in DISTANCES] == pytest.approx([np.hypot(6, 1.5)] * len(DISTANCES))
    assert found.nsd == 0


def test_masks_over_the_whole_image_have_its_edge_as_border():
    full, inner = np.ones((5, 6, 7), bool), np.zeros((5, 6, 7), bool)
    inner[1:-1, 1:-1, 1:-1] = True
    # corners are the farthest: one voxel along each axis
    assert surface_distances(full, inner, (2, 1, 1)).hd == pytest.approx(np.sqrt(4 + 1 + 1))
    assert surface_distances(full, full, (2, 1, 1)).hd == 0


def test_border_is_face_connected():
    """A voxel whose only outside neighbours are diagonal is interior."""
    ref = np.ones((5, 5), bool)
    ref[0, 0] = False
    pred = np.zeros((5, 5), bool)
    pred[1, 1] = True
    assert oracle.border_points(ref, (1, 1)).tolist().count([1, 1]) == 0
    assert surface_distances(pred, ref, (1, 1)).asd_pred_to_ref == 1


def test_distance_equal_to_the_tolerance_is_within():
    pred, ref = np.zeros((1, 10), bool), np.zeros((1, 10), bool)
    pred[0, 3] = ref[0, 6] = True
    assert 6 * 0.1 - 3 * 0.1 > 0.3  # the trap: exact in decimal, above in binary
    assert surface_distances(pred, ref, (0.1, 0.1), tolerance_mm=0.3).nsd == 1
    assert surface_distances(pred, ref, (0.1, 0.1), tolerance_mm=0.29).nsd == 0


def test_inputs_are_left_as_they_were():
    pred, ref, spacing = random_pair(3)
    copies = pred.copy(), ref.copy()
    surface_distances(pred, ref, spacing)
    assert (pred == copies[0]).all()
    assert (ref == copies[1]).all()


@pytest.mark.parametrize(
    ("pred", "ref", "spacing", "tolerance", "parts"),
    [
        (np.ones((3, 4), bool), np.ones((4, 3), bool), (1, 1), None, ["(3, 4)", "(4, 3)"]),
        (np.ones((3, 4), np.uint8), np.ones((3, 4), bool), (1, 1), None, ["pred has dtype uint8"]),
        (np.ones(4, bool), np.ones(4, bool), (1,), None, ["1 dimensions"]),
        (np.ones((3, 4), bool), np.ones((3, 4), bool), (1, 1, 1), None, ["spacing_mm is (1, 1, 1)"]),
        (np.ones((3, 4), bool), np.ones((3, 4), bool), (1, 0), None, ["positive"]),
        (np.ones((3, 4), bool), np.ones((3, 4), bool), (1, float("nan")), None, ["positive and finite"]),
        (np.ones((3, 4), bool), np.ones((3, 4), bool), (1, 1), -1.0, ["tolerance_mm is -1.0"]),
        (np.ones((3, 4)), np.ones((4, 4)), (1, 1), -1.0, ["pred has dtype", "ref has dtype", "(4, 4)", "tolerance"]),
    ],
)
def test_wrong_arguments_are_all_named(pred, ref, spacing, tolerance, parts):
    with pytest.raises(ValueError, match="surface_distances") as caught:
        surface_distances(pred, ref, spacing, tolerance_mm=tolerance)
    assert [part for part in parts if part not in str(caught.value)] == []
