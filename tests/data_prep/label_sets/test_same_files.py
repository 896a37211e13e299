"""Files of one content, and groups joined by them."""

from data_prep.label_sets.same_files import joined, same_files


def test_files_of_one_content(tmp_path):
    contents = [b"a", b"b", b"a", b"cc", b"b", b"a"]
    paths = [tmp_path / str(number) for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    assert same_files(paths) == [[0, 2, 5], [1, 4]]
    assert same_files([]) == []


def test_groups_that_share_a_file_are_one():
    assert joined(["", "", "a"], [[0, 1]]) == ["same as image 0", "same as image 0", "a"]
    assert joined(["a", "b", "a", "b", ""], [[0, 1]]) == ["a", "a", "a", "a", ""]
    assert joined(["", "b", "b"], [[0, 1]]) == ["b", "b", "b"]
    assert joined(["a", "b", "c"], [[0, 1], [1, 2]]) == ["a", "a", "a"]
