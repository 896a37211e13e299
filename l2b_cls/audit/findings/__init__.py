"""What an audit finds beside the ranking: copies, blocks of files, pictures like no other, pairs of classes."""
