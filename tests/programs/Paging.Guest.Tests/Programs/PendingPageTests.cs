using Paging.Core;
using Paging.Native;

namespace Paging.Guest.Tests;

/// <summary>A guest thread that needs a page which the host supplies later waits for it, in its program and in a system call.</summary>
public sealed class PendingPageTests : IDisposable
{
    private static readonly VirtualAddress Place = new(0x3000_0000);

    private readonly string _root = Directory.CreateTempSubdirectory("paging-pending-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void ARunReturnsWhenAllWaitForTheHostAndGoesOnWhenItHasSuppliedThePages()
    {
        GuestExecution execution = GuestRun.AnyExecution;
        RequiredProcessor.Check(isDirect: execution == GuestExecution.Direct);
        // mov eax,[30000000h]; write(1, 30001000h, 3) until it returns 3; exit(al)
        byte[] code =
        [
            0xA1, 0, 0, 0, 0x30, 0x50, 0xB8, 4, 0, 0, 0, 0xBB, 1, 0, 0, 0, 0xB9, 0, 0x10, 0, 0x30, 0xBA, 3, 0, 0, 0, 0xCD, 0x80,
            0x83, 0xF8, 3, 0x75, 0xE5, 0x5B, 0xB8, 1, 0, 0, 0, 0xCD, 0x80,
        ];
        string program = Path.Combine(_root, "program");
        File.WriteAllBytes(program, TinyProgram(code));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using GuestKernel kernel = new(new()
        {
            Engine = new() { RamBytes = 16 << 20 },
            Root = _root,
            WorkingDirectory = "/",
            Execution = execution,
            Pace = GuestRun.PaceOf(execution),
        });
        Source source = new();
        using Pager pager = kernel.Engine.Files.CreatePager("far", new(2), source);
        Assert.Equal(Errno.None, kernel.Start("/program", [], []));
        UserProcess process = kernel.Engine.Processes.First();
        Assert.Equal(Errno.None, pager.File.Open(process, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.None, process.Memory.Map(Place, 8192, MemoryProtection.Read, MapFlags.Private | MapFlags.Fixed, descriptor, 0,
            out _));

        Assert.Equal(GuestEnd.PagesPending, kernel.Run().End);
        Assert.Equal(GuestEnd.PagesPending, kernel.Run().End);    // nothing was supplied
        byte[] bytes = new byte[4096];
        bytes[0] = 42;
        Assert.Equal(Errno.None, pager.Supply(new(0), bytes));
        Assert.Equal(GuestEnd.PagesPending, kernel.Run().End);    // now in write(2)
        Assert.True(pager.IsPending(new(1)));
        Assert.Equal(Errno.None, pager.SupplyZeros(new(1)));
        Assert.Equal(new GuestOutcome(GuestEnd.Exited, 42), kernel.Run());
        Assert.Equal([0u, 1u], source.Asked);
    }

    /// <summary>An ELF file of one segment at 8048000, with its code after the headers.</summary>
    private static byte[] TinyProgram(byte[] code)
    {
        const uint place = 0x0804_8000, headers = 84;
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write([0x7F, 0x45, 0x4C, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write((ushort)2);
        writer.Write((ushort)3);
        foreach (uint word in (uint[])[1, place + headers, 52, 0, 0]) writer.Write(word);
        foreach (ushort half in (ushort[])[52, 32, 1, 40, 0, 0]) writer.Write(half);
        uint length = headers + (uint)code.Length;
        foreach (uint word in (uint[])[1, 0, place, place, length, length, 5, 4096]) writer.Write(word);
        writer.Write(code);
        return stream.ToArray();
    }

    private sealed class Source : IPageSource
    {
        public List<uint> Asked { get; } = [];

        public PageAnswer Request(FilePage page, Span<byte> destination)
        {
            Asked.Add(page.Value);
            return PageAnswer.Later;
        }

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.None;
    }
}
