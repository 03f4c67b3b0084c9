/* Stands in for wsl.exe and docker.exe: hands its command line and its standard input to the lab's
   relay (relay.py) on this host's loopback, prints what comes back, and ends as the relay says.
   Numbers on the wire are 32 bits, big endian.

   there: how many words, each as its length and its bytes (UTF-8); the first is this program's name,
          the second whether WSL_UTF8 is 1; then standard input's length and bytes.
   back:  frames of a kind (1 stdout, 2 stderr, 3 the exit code), a length and bytes. */

#include <winsock2.h>
#include <windows.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define PORT 4711
#define MOST (1 << 20)

static SOCKET relay;

static void fail(const char *what)
{
    fprintf(stderr, "stand-in: %s\n", what);
    exit(125);
}

static void put(const void *data, int length)
{
    const char *at = data;
    while (length > 0) {
        int sent = send(relay, at, length, 0);
        if (sent <= 0)
            fail("the relay went away");
        at += sent;
        length -= sent;
    }
}

static void put_block(const void *data, int length)
{
    u_long size = htonl((u_long)length);
    put(&size, 4);
    put(data, length);
}

static void get(void *data, int length)
{
    char *at = data;
    while (length > 0) {
        int got = recv(relay, at, length, 0);
        if (got <= 0)
            fail("the relay went away");
        at += got;
        length -= got;
    }
}

static void put_word(const wchar_t *word)
{
    static char text[32768];
    int length = WideCharToMultiByte(CP_UTF8, 0, word, -1, text, sizeof text, NULL, NULL);
    if (length <= 0)
        fail("a word is too long");
    put_block(text, length - 1);
}

static const wchar_t *own_name(const wchar_t *path)
{
    const wchar_t *at = path;
    for (; *path; path++)
        if (*path == L'\\' || *path == L'/')
            at = path + 1;
    return at;
}

int wmain(int argc, wchar_t **argv)
{
    static char data[MOST];
    WSADATA wsa;
    struct sockaddr_in there = {0};
    const wchar_t *utf8 = _wgetenv(L"WSL_UTF8");
    u_long count = htonl((u_long)argc + 1);
    int length = 0, got;

    _setmode(0, _O_BINARY);
    _setmode(1, _O_BINARY);
    _setmode(2, _O_BINARY);
    if (WSAStartup(MAKEWORD(2, 2), &wsa))
        fail("no sockets");
    relay = socket(AF_INET, SOCK_STREAM, 0);
    there.sin_family = AF_INET;
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    there.sin_port = htons(PORT);
    if (connect(relay, (struct sockaddr *)&there, sizeof there))
        fail("there is no relay");
    put(&count, 4);
    put_word(own_name(argv[0]));
    put_word(utf8 && !wcscmp(utf8, L"1") ? L"1" : L"0");
    for (int i = 1; i < argc; i++)
        put_word(argv[i]);
    while (length < MOST && (got = _read(0, data + length, MOST - length)) > 0)
        length += got;
    put_block(data, length);
    for (;;) {
        unsigned char kind;
        u_long size;
        get(&kind, 1);
        get(&size, 4);
        size = ntohl(size);
        if (size > MOST)
            fail("nonsense from the relay");
        get(data, (int)size);
        if (kind == 3) {
            closesocket(relay);
            return data[0];
        }
        _write(kind, data, size);
    }
}
