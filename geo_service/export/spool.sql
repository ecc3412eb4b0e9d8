-- Where the tiles of an export wait until all are made.
-- `asked` and `position` are one row each: what is exported, and how many of its tiles have been looked at.
create table asked (document text not null);
create table position (tiles integer not null);
create table image (number integer primary key, digest blob not null unique, body blob not null);
create table tile (id integer primary key, image integer not null references image);
