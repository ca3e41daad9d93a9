module shiproom.test/pause

go 1.24
