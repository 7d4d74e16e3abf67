using Paging.HostKernel.Files;
using Paging.HostKernel.Inspection;

namespace Paging.HostKernel.Tests;

/// <summary>Rows of /proc/PID/maps, and which two the dialect's <c>areas</c> shows as one.</summary>
public sealed class MappedAreaTests
{
    private static readonly MemoryFiles NoFiles = new();

    [Theory]
    [InlineData("20000000-20002000 rw-p 00000000 00:00 0 ", "20000000-20002000 rw-p 00000000")]
    [InlineData("0804a000-0804b000 rw-p 00000000 00:00 0                                  [heap]", "0804a000-0804b000 rw-p 00000000")]
    [InlineData("b7fff000-b8000000 rw-s 00001000 00:01 1027                               /dev/zero (deleted)",
        "b7fff000-b8000000 rw-s 00001000 /dev/zero")]
    [InlineData("b7fff000-b8000000 r--p 3fffff000 00:01 12                                /etc/hosts",
        "b7fff000-b8000000 r--p 3fffff000 /etc/hosts")]
    public void ARowBecomesTheDialects(string row, string expected) =>
        Assert.Equal(expected, MappedArea.Parse(row, NoFiles).ToString());

    [Theory]
    [InlineData("20000000-20001000 rw-p 00000000 00:00 0", "20001000-20002000 rw-p 00000000 00:00 0", true)]
    [InlineData("20000000-20001000 rw-p 00000000 00:00 0", "20002000-20003000 rw-p 00000000 00:00 0", false)]    // a hole
    [InlineData("20000000-20001000 rw-p 00000000 00:00 0", "20001000-20002000 r--p 00000000 00:00 0", false)]    // rights
    [InlineData("20000000-20001000 rw-s 00000000 00:01 7 /dev/zero (deleted)",
        "20001000-20002000 rw-s 00001000 00:01 7 /dev/zero (deleted)", true)]
    [InlineData("20000000-20001000 rw-s 00000000 00:01 7 /dev/zero (deleted)",
        "20001000-20002000 rw-s 00001000 00:01 8 /dev/zero (deleted)", false)]
    [InlineData("20000000-20001000 rw-s 00000000 00:01 7 /dev/zero (deleted)",
        "20001000-20002000 rw-s 00000000 00:01 7 /dev/zero (deleted)", false)]
    public void NeighboursThatRowsCannotDistinguishAreOne(string row, string next, bool expected) =>
        Assert.Equal(expected, MappedArea.Parse(row, NoFiles).IsContinuedBy(MappedArea.Parse(next, NoFiles)));
}
