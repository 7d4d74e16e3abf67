using Paging.Core;
using Paging.Native;
using Paging.Windows.Reports;
using Paging.Windows.Sections;

namespace Paging.Windows.Tests;

/// <summary>One process with an allocation of every kind, in each of the reports.</summary>
public sealed class ReportSceneTests : IDisposable
{
    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 4 << 20 });
    private readonly WindowsMachine _machine;
    private readonly WindowsProcess _process;
    private readonly GuestFile _image, _data;

    public ReportSceneTests()
    {
        _machine = WindowsMachine.Of(_engine);
        _process = _machine.CreateProcess("scene");
        PeBytes bytes = new PeBytes().Section(".text", 0x1000, 0x200, 0x200, 0x200, 0x6000_0020)
            .Section(".data", 0x2000, 0x1000, 0x400, 0x200, 0xC000_0040);
        _image = NewFile("tiny.exe", bytes.Bytes);
        _data = NewFile("data.bin", new byte[0x3000]);
        Build();
    }

    private MemoryAccess Access => _process.Access;

    public void Dispose()
    {
        Assert.Empty(_engine.Audit().Findings);
        _process.Dispose();
        _image.Dispose();
        _data.Dispose();
        _machine.Dispose();
        _engine.Dispose();
    }

    private GuestFile NewFile(string name, byte[] bytes)
    {
        GuestFile file = _engine.Files.CreateMemoryFile(name);
        Assert.Equal(Errno.None, file.Write(0, bytes, out _));
        return file;
    }

    private void Build()
    {
        Allocate(0x1000_0000, 0x5000, AllocationTypes.Reserve, PageProtection.ReadWrite);
        Allocate(0x1000_1000, 0x2000, AllocationTypes.Commit, PageProtection.ReadWrite);
        Write(0x1000_1000);
        Allocate(0x1100_0000, 0x3000, AllocationTypes.Reserve | AllocationTypes.Commit, PageProtection.ExecuteRead);
        Allocate(0x1200_0000, 0x2000, AllocationTypes.Reserve | AllocationTypes.Commit | AllocationTypes.WriteWatch,
            PageProtection.ReadWrite);
        Write(0x1200_1000);
        Allocate(0x1300_0000, 0x10_0000, AllocationTypes.Reserve, PageProtection.ReadWrite);
        Allocate(0x130F_E000, 0x2000, AllocationTypes.Commit, PageProtection.ReadWrite);
        Write(0x130F_F000);
        _process.Stack = new(new(0x1300_0000), new(0x130F_E000), new(0x1310_0000));
        VirtualAddress at = new(0x1400_0000);
        uint length = 0x2_0000;
        Assert.Equal(NtStatus.Success, _process.Native.NtAllocateVirtualMemoryEx(
            ref at, ref length, AllocationTypes.Reserve | AllocationTypes.ReservePlaceholder, PageProtection.NoAccess));
        Map(null, 0x4000, "named", SectionFlags.None, PageProtection.ReadWrite, 0x1500_0000);
        Write(0x1500_2000);
        Map(null, 0x1000, null, SectionFlags.None, PageProtection.ReadWrite, 0x1600_0000);
        Map(_data, 0, null, SectionFlags.None, PageProtection.ReadOnly, 0x1700_0000);
        Read(0x1700_1000);
        Map(_image, 0, null, SectionFlags.Image, PageProtection.ReadOnly, 0x1800_0000);
        Read(0x1800_1000);
        Write(0x1800_2000);
    }

    private void Allocate(uint at, uint length, AllocationTypes types, PageProtection protection) =>
        Assert.Equal(Win32Error.Success, _process.Memory.VirtualAlloc(new(at), length, types, protection, out _));

    private void Map(GuestFile? file, long length, string? name, SectionFlags flags, PageProtection protection, uint at)
    {
        WindowsFile? opened = file is null ? null : _machine.OpenFile(file, FileAccessRights.Read);
        Assert.Equal(Win32Error.Success, _process.Sections.CreateFileMapping(
            opened, protection, flags, length, name, out SectionHandle section));
        Assert.Equal(Win32Error.Success, _process.Sections.MapViewOfFileEx(
            section, protection == PageProtection.ReadWrite ? SectionAccess.MapWrite : SectionAccess.MapRead, 0, 0, new(at), out _));
    }

    private void Write(uint at) => Assert.True(Access.TryWrite(new(at), (byte)1, out _));

    private void Read(uint at) => Assert.True(Access.TryRead(new(at), out byte _, out _));

    /// <summary>Level, balance, pages, commit, working set, kind, protection, section and marks: checked by hand, line by line.</summary>
    [Fact]
    public void TheListOfVadsNamesEachKind() => Assert.Equal("""
            level bal  first  last   commit     ws  paged  kind    size    protection
                3   0  10000  10004       2      1      0  Private Short   ReadWrite
                2  -1  11000  11002       3      0      0  Private Short   ExecuteRead  MemCommit
                1   0  12000  12001       2      1      0  Private Long    ReadWrite  MemCommit WriteWatch
                3   0  13000  130ff       2      1      0  Private Short   ReadWrite
                2  -1  14000  1401f       0      0      0  Private Short   NoAccess  Placeholder
                0   0  15000  15003       0      1      0  Mapped  Normal  ReadWrite  section 2
                3   0  16000  16000       0      0      0  Mapped  Normal  ReadWrite  section 3
                2   0  17000  17002       0      1      0  Mapped  Normal  ReadOnly  section 4
                3   0  18000  18003       1      2      0  Image   Normal  ExecuteWriteCopy  section 5
                1  -1  7ffe0  7ffe0       0      0      0  Private Normal  ReadOnly  section 1  NoChange
                2   0  7ffe1  7ffef       0      0      0  Private Short   NoAccess  NoChange
            11 VADs, 4 levels; commit 10, working set 7, page tables 6

            """, _process.TakeSnapshot().ToVadText(), ignoreLineEndingDifferences: true);

    /// <summary>Runs from 0 to the last 64 KiB; commit and working set in KB. Trailing blanks are left out here.</summary>
    [Fact]
    public void TheAddressListNamesEachUse() => Assert.Equal("""
            BaseAddr EndAddr+1 RgnSize     Type         State        Protect                          Commit       WS  Usage
            00000000 10000000  10000000                MEM_FREE                                           0        0  no access
            10000000 10001000  1000       MEM_PRIVATE  MEM_RESERVE                                        0        0  private
            10001000 10003000  2000       MEM_PRIVATE  MEM_COMMIT   PAGE_READWRITE                        8        4  private
            10003000 10005000  2000       MEM_PRIVATE  MEM_RESERVE                                        0        0  private
            10005000 11000000  ffb000                  MEM_FREE                                           0        0  free
            11000000 11003000  3000       MEM_PRIVATE  MEM_COMMIT   PAGE_EXECUTE_READ                    12        0  private
            11003000 12000000  ffd000                  MEM_FREE                                           0        0  free
            12000000 12002000  2000       MEM_PRIVATE  MEM_COMMIT   PAGE_READWRITE                        8        4  write watch
            12002000 13000000  ffe000                  MEM_FREE                                           0        0  free
            13000000 130fe000  fe000      MEM_PRIVATE  MEM_RESERVE                                        0        0  stack
            130fe000 13100000  2000       MEM_PRIVATE  MEM_COMMIT   PAGE_READWRITE                        8        4  stack
            13100000 14000000  f00000                  MEM_FREE                                           0        0  free
            14000000 14020000  20000      MEM_PRIVATE  MEM_RESERVE                                        0        0  placeholder
            14020000 15000000  fe0000                  MEM_FREE                                           0        0  free
            15000000 15004000  4000       MEM_MAPPED   MEM_COMMIT   PAGE_READWRITE                       16        4  section 2 "named"
            15004000 16000000  ffc000                  MEM_FREE                                           0        0  free
            16000000 16001000  1000       MEM_MAPPED   MEM_COMMIT   PAGE_READWRITE                        4        0  section 3
            16001000 17000000  fff000                  MEM_FREE                                           0        0  free
            17000000 17003000  3000       MEM_MAPPED   MEM_COMMIT   PAGE_READONLY                        12        4  file data.bin
            17003000 18000000  ffd000                  MEM_FREE                                           0        0  free
            18000000 18001000  1000       MEM_IMAGE    MEM_COMMIT   PAGE_READONLY                         4        0  image tiny.exe
            18001000 18002000  1000       MEM_IMAGE    MEM_COMMIT   PAGE_EXECUTE_READ                     4        4  image tiny.exe
            18002000 18003000  1000       MEM_IMAGE    MEM_COMMIT   PAGE_READWRITE                        4        4  image tiny.exe
            18003000 18004000  1000       MEM_IMAGE    MEM_COMMIT   PAGE_NOACCESS                         4        0  image tiny.exe
            18004000 7ffe0000  67fdc000                MEM_FREE                                           0        0  free
            7ffe0000 7ffe1000  1000       MEM_PRIVATE  MEM_COMMIT   PAGE_READONLY                         4        0  shared user page
            7ffe1000 7fff0000  f000       MEM_PRIVATE  MEM_RESERVE                                        0        0  system

            --- Usage summary                  RgnCount    Total KB   Commit KB       WS KB
            free                                      9     1833640           0           0
            no access                                 1      262144           0           0
            stack                                     2        1024           8           4
            placeholder                               1         128           0           0
            system                                    1          60           0           0
            private                                   4          32          20           4
            image tiny.exe                            4          16          16           8
            section 2 "named"                         1          16          16           4
            file data.bin                             1          12          12           4
            write watch                               1           8           8           4
            section 3                                 1           4           4           0
            shared user page                          1           4           4           0

            --- Type summary                   RgnCount    Total KB   Commit KB       WS KB
            MEM_FREE                                 10     2095784           0           0
            MEM_PRIVATE                              10        1256          40          12
            MEM_MAPPED                                3          32          32           8
            MEM_IMAGE                                 4          16          16           8

            --- State summary                  RgnCount    Total KB   Commit KB       WS KB
            MEM_FREE                                 10     2095784           0           0
            MEM_RESERVE                               5        1216           0           0
            MEM_COMMIT                               12          88          88          28

            --- Protect summary                RgnCount    Total KB   Commit KB       WS KB
            PAGE_READWRITE                            6          48          48          20
            PAGE_READONLY                             3          20          20           4
            PAGE_EXECUTE_READ                         2          16          16           4
            PAGE_NOACCESS                             1           4           4           0

            """, Trimmed(_process.TakeAddressSnapshot().ToAddressText()), ignoreLineEndingDifferences: true);

    /// <summary>Pages of the image and of the page file's sections, private ones with their PTEs' places, and the totals.</summary>
    [Fact]
    public void ThePfnListShowsTheUseOfEachFrame()
    {
        string[] lines = Trimmed(_machine.TakePfnSnapshot().ToPfnText()).Split('\n');
        Assert.Equal("""
                      Zeroed:        0 (        0 kb)
                        Free:     1002 (     4008 kb)
                     Standby:        3 (       12 kb)
                    Modified:        0 (        0 kb)
             ModifiedNoWrite:        4 (       16 kb)
                         Bad:        0 (        0 kb)
              ActiveAndValid:       15 (       60 kb)
                  Transition:        0 (        0 kb)
                   available:     1005
              standby 0 to 7: 0 0 0 0 0 3 0 0; 0 taken
            """, string.Join('\n', lines[..10]), ignoreLineEndingDifferences: true);
        Assert.Equal("""
              Standby           5     0     1  Prototype        0  00000               file tiny.exe
              ActiveAndValid    0     1     2  Prototype        0  00001               file tiny.exe
              Standby           5     0     1  Prototype        0  00002               file tiny.exe
              Standby           5     0     1  Prototype        0  00003               file tiny.exe
            M ModifiedNoWrite   5     0     1  Prototype        0  00000               page file
            M ModifiedNoWrite   5     0     1  Prototype        0  00000               page file
            M ModifiedNoWrite   5     0     1  Prototype        0  00000               page file
            M ActiveAndValid    0     1     2  Prototype        0  00001               page file
            M ModifiedNoWrite   5     0     1  Prototype        0  00002               page file
              ActiveAndValid    0     1     1  Private          1  10001     c0040004  demand zero
              ActiveAndValid    0     1     1  Private          1  12001     c0048004  demand zero
              ActiveAndValid    0     1     1  Private          1  130ff     c004c3fc  demand zero
            M ActiveAndValid    0     1     2  Prototype        0  00002               page file
              ActiveAndValid    0     1     1  Private          1  18002     c0060008  demand zero
            """, string.Join('\n', lines[13..].Where(static line => line.Contains("Pr", StringComparison.Ordinal)).Select(static line =>
                line[5..])), ignoreLineEndingDifferences: true);
    }

    private static string Trimmed(string text) => string.Join('\n', text.Split('\n').Select(static line => line.TrimEnd()));
}
