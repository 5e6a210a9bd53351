"""What an archive is told to do: each public function joins stages and is one job."""
