using Paging.Guest.Syscalls;

namespace Paging.Guest.Tests;

/// <summary>Flags of calls under the names that Linux gives them, as strace prints them.</summary>
public sealed class CallTextTests
{
    [Theory]
    [InlineData('v', 0, "MADV_NORMAL")]
    [InlineData('v', 4, "MADV_DONTNEED")]
    [InlineData('v', 5, "5")]
    [InlineData('v', 14, "MADV_HUGEPAGE")]
    [InlineData('v', 22, "MADV_POPULATE_READ")]
    [InlineData('v', 24, "MADV_DONTNEED_LOCKED")]
    [InlineData('v', 25, "MADV_COLLAPSE")]
    [InlineData('v', 102, "MADV_GUARD_INSTALL")]
    [InlineData('v', 103, "MADV_GUARD_REMOVE")]
    [InlineData('p', 0, "PROT_NONE")]
    [InlineData('p', 0x0300_000F, "PROT_READ|PROT_WRITE|PROT_EXEC|PROT_SEM|PROT_GROWSDOWN|PROT_GROWSUP")]
    [InlineData('m', 0x22, "MAP_PRIVATE|MAP_ANONYMOUS")]
    [InlineData('m', 0x1F_F913, "MAP_SHARED_VALIDATE|MAP_FIXED|MAP_GROWSDOWN|MAP_DENYWRITE|MAP_EXECUTABLE|MAP_LOCKED|MAP_NORESERVE"
        + "|MAP_POPULATE|MAP_NONBLOCK|MAP_STACK|MAP_HUGETLB|MAP_SYNC|MAP_FIXED_NOREPLACE")]
    [InlineData('r', 7, "MREMAP_MAYMOVE|MREMAP_FIXED|MREMAP_DONTUNMAP")]
    [InlineData('M', 15, "MS_ASYNC|MS_INVALIDATE|MS_SYNC|0x8")]
    [InlineData('f', 0, "O_RDONLY")]
    [InlineData('f', 0xC2, "O_RDWR|O_CREAT|O_EXCL")]
    [InlineData('f', 0x6F_FE01, "O_WRONLY|O_TRUNC|O_APPEND|O_NONBLOCK|O_DSYNC|O_ASYNC|O_DIRECT|O_LARGEFILE|O_DIRECTORY|O_NOFOLLOW"
        + "|O_NOATIME|O_CLOEXEC|O_PATH|O_TMPFILE")]
    public void AWordHasItsNames(char kind, uint word, string text) => Assert.Equal(text, CallText.Word(null!, kind, word));
}
