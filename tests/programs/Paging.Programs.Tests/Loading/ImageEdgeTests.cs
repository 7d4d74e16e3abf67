using System.Buffers.Binary;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Tests;

/// <summary>Images at the limits: accepted there, and refused one byte, header or page further.</summary>
/// <remarks>Linux: fs/binfmt_elf.c load_elf_phdrs, load_elf_binary.</remarks>
public sealed class ImageEdgeTests : IDisposable
{
    private const uint Base = 0x0804_8000;

    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    /// <summary>Headers of 64 KiB at most, which is 2,048 of them.</summary>
    [Theory]
    [InlineData(2048, Errno.None)]
    [InlineData(2049, Errno.ENOEXEC)]
    public void HeadersHave64KiBAtMost(int count, Errno expected)
    {
        byte[] image = Image([.. Enumerable.Repeat<uint[]>([1, 0, Base, Base, 0x2000, 0x2000, 5, 0x1000], 1),
            .. Enumerable.Repeat<uint[]>([6, 0, 0, 0, 0, 0, 0, 0], count - 1)]);
        Assert.Equal(expected, Execute(image, out _, out _));
    }

    /// <summary>A segment may begin where another ends, and earlier: then it replaces that page.</summary>
    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    public void SegmentsMayTouchAndOverlap(uint overlap)
    {
        byte[] image = Image([1, 0, Base, Base, 0x1000 + overlap, 0x1000 + overlap, 5, 0x1000],
            [1, 0x1000, Base + 0x1000, Base + 0x1000, 0x1000, 0x1800, 6, 0x1000],
            [0x6474_E551, 0, 0, 0, 0, 0, 6, 4]);
        Assert.Equal(Errno.None, Execute(image, out UserProcess process, out _));
        string[] maps = process.Memory.Areas.Snapshot().Take(3).Select(static area => $"{area.Range} {area.Rights}").ToArray();
        Assert.Equal(["08048000-08049000 r-xp", "08049000-0804a000 rw-p", "0804a000-0804b000 rw-p"], maps);
    }

    /// <summary>A segment may reach beyond the end of the file, where the program gets SIGBUS.</summary>
    [Theory]
    [InlineData(0x3000u, 3)]
    [InlineData(0x3001u, 4)]
    public void ASegmentMayReachBeyondTheEndOfTheFile(uint byteLength, int pages)
    {
        Assert.Equal(Errno.None, Execute(Image([1, 0, Base, Base, byteLength, byteLength, 5, 0x1000]), out UserProcess process, out _));
        Assert.Equal(new PageCount((uint)pages), process.Memory.Areas.Snapshot()[0].Range.Count);
        Assert.Equal(pages == 3, process.Memory.Mmu.TryRead(new(Base + ((uint)(pages - 1) << 12)), out byte _));
    }

    /// <summary>An image may end where the initial stack begins: 33 pages below 3 GiB, one of them for the strings.</summary>
    [Theory]
    [InlineData(0x1000u)]
    [InlineData(0x0FFFu)]
    public void AnImageMayTouchTheStack(uint byteLength)
    {
        const uint last = 0xC000_0000 - (33 << 12) - 0x1000;
        byte[] image = Image([1, 0, Base, Base, 0x1000, 0x1000, 5, 0x1000], [1, 0x1000, last, last, 8, byteLength, 6, 0x1000],
            [0x6474_E551, 0, 0, 0, 0, 0, 6, 4]);
        Assert.Equal(Errno.None, Execute(image, out UserProcess process, out ExecutedProgram program));
        string[] maps = process.Memory.Areas.Snapshot().TakeLast(2).Select(static area => $"{area.Range} {area.Rights}").ToArray();
        Assert.Equal(["bffde000-bffdf000 rw-p", "bffdf000-c0000000 rw-p"], maps);
        Assert.Equal(0xC000_0000u, program.StackTop.Value);
    }

    /// <summary>Chance may put the heap of an image that ends near 3 GiB beyond: it then has the last page at most.</summary>
    [Fact]
    public void AHeapWithoutRoomIsTheLastPage()
    {
        const uint last = 0xBE80_0000;    // below any stack, with less than the heap's 32 MiB of chance above it
        byte[] image = Image([1, 0, Base, Base, 0x1000, 0x1000, 5, 0x1000], [1, 0x1000, last, last, 8, 0x1000, 6, 0x1000],
            [0x6474_E551, 0, 0, 0, 0, 0, 6, 4]);
        ProgramImage program = _world.Image("edge", image);
        int without = 0;
        for (int run = 0; run < 40; run++)
        {
            using UserProcess process = _world.Engine.CreateProcess("test", new ProcessOptions());
            Assert.Equal(Errno.None, _world.Loader.Execute(process, program, new() { Files = _world }, out ExecutedProgram executed));
            VirtualAddress start = process.Memory.StartBreak;
            Assert.Equal(executed.HeapStart, start);
            Assert.InRange(start.Value, last + 0x1000, 0xBFFF_F000);
            if (start.Value != 0xBFFF_F000) continue;
            without++;
            Assert.Equal(start, process.Memory.SetBreak(start + 0x1001));
        }

        Assert.InRange(without, 1, 39);
    }

    /// <summary>The headers' address follows from the segment that contains them, wherever in its page that begins.</summary>
    [Theory]
    [InlineData(0u)]
    [InlineData(0x20u)]
    [InlineData(0x34u)]
    public void TheHeadersAreWhereTheirSegmentIs(uint start)
    {
        byte[] image = Image([1, start, Base + start, Base + start, 0x2000 - start, 0x2000 - start, 5, 0x1000]);
        Assert.Equal(Errno.None, Execute(image, out UserProcess process, out ExecutedProgram program));
        StackPicture stack = StackPicture.Of(process, program);
        Assert.Equal(Base + 0x34, stack[AuxiliaryKind.ProgramHeaders]);
        AuxiliaryKind[] zero = [AuxiliaryKind.Flags, AuxiliaryKind.Secure, AuxiliaryKind.ProcessorFeatures2, AuxiliaryKind.InterpreterBase];
        Assert.All(zero, kind => Assert.Equal(0u, stack[kind]));
    }

    /// <summary>A path of PATH_MAX bytes with its zero, which begins with slashes.</summary>
    [Theory]
    [InlineData(4096u, Errno.None)]
    [InlineData(4097u, Errno.ENOEXEC)]
    [InlineData(2u, Errno.ENOENT)]
    [InlineData(1u, Errno.ENOEXEC)]
    public void APathToTheInterpreterHas4096BytesAtMost(uint byteLength, Errno expected)
    {
        byte[] image = Image([1, 0, Base, Base, 0x1000, 0x1000, 5, 0x1000], [3, 0x1000, 0, 0, byteLength, byteLength, 4, 1]);
        string path = "/interpreter.so".PadLeft((int)byteLength - 1, '/')[..((int)byteLength - 1)];
        Encoding.ASCII.GetBytes(path).CopyTo(image, 0x1000);
        Assert.Equal(expected, Execute(image, out _, out _));
    }

    /// <summary>
    /// Segments without a byte: those of a program at its place are fine; an image that lies anywhere and any interpreter need one.
    /// </summary>
    /// <remarks>Linux: total_mapping_size, which load_elf_binary asks for ET_DYN, and load_elf_interp always.</remarks>
    [Theory]
    [InlineData(2u, 0u, false, Errno.None)]
    [InlineData(3u, 0u, false, Errno.EINVAL)]
    [InlineData(2u, 0u, true, Errno.EINVAL)]
    [InlineData(2u, 1u, true, Errno.None)]    // one, from the start of its page
    public void AnImageWithoutAByteIsNone(uint kind, uint offsetInPage, bool isInterpreter, Errno expected)
    {
        uint at = Base + 0x4000 + offsetInPage;
        byte[] empty = Image([1, offsetInPage, at, at, 0, 0, 5, 0x1000]);
        empty[16] = (byte)kind;
        byte[] program = empty;
        if (isInterpreter)
        {
            program = Image([1, 0, Base, Base, 0x1000, 0x1000, 5, 0x1000], [3, 0x1000, 0, 0, 3, 3, 4, 1]);
            "ld\0"u8.CopyTo(program.AsSpan(0x1000));
        }

        UserProcess process = _world.Engine.CreateProcess("test", new ProcessOptions());
        ExecutionRequest request = _world.Fixed with { Files = new OneFile(_world.Image("ld", empty)) };
        Assert.Equal(expected, _world.Loader.Execute(process, _world.Image("edge", program), request, out _));
        Assert.Equal(expected != Errno.None, process.HasExited);
    }

    /// <summary>An image can be read to its last byte, and not beyond.</summary>
    [Fact]
    public void AnImageIsReadToItsLastByte()
    {
        ProgramImage image = _world.Image("bytes", [1, 2, 3, 4, 5]);
        byte[] two = new byte[2];
        Assert.True(image.TryRead(3, two));
        Assert.Equal([4, 5], two);
        Assert.False(image.TryRead(4, two));
        Assert.False(image.TryRead(6, []));
        Assert.True(image.TryRead(5, []));
    }

    private Errno Execute(byte[] image, out UserProcess process, out ExecutedProgram program)
    {
        process = _world.Engine.CreateProcess("test", new ProcessOptions());
        return _world.Loader.Execute(process, _world.Image("edge", image), _world.Fixed, out program);
    }

    private sealed class OneFile(ProgramImage image) : IProgramFiles
    {
        public Errno Find(string path, out ProgramImage? found)
        {
            found = image;
            return Errno.None;
        }
    }

    /// <summary>An executable of three pages with these headers right after its own.</summary>
    private static byte[] Image(params uint[][] segments)
    {
        byte[] bytes = new byte[Math.Max(0x3000, 52 + (segments.Length * 32))];
        uint[] header = [0x464C_457F, 0x0001_0101, 0, 0, 2 | (3 << 16), 1, Base, 52, 0, 0, 52 | (32 << 16), (uint)segments.Length, 0];
        uint[] words = [.. header, .. segments.SelectMany(static segment => segment)];
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), words[i]);
        return bytes;
    }
}
