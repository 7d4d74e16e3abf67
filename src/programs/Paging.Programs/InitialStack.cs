using System.Buffers.Binary;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs;

//  top          ┌──────────────────────────┐
//               │ 0                        │  one word
//               │ path                     │  AT_EXECFN
//               │ environment strings      │
//               │ argument strings         │  ◄ ArgumentStart
//               ├──────────────────────────┤
//               │ "i686", 16 random bytes  │  AT_PLATFORM, AT_RANDOM
//               ├──────────────────────────┤
//               │ auxiliary vector         │  pairs, the last one 0, 0
//               │ envp[] 0                 │
//               │ argv[] 0                 │
//               │ argc                     │  ◄ StackPointer, a multiple of 16
//               └──────────────────────────┘
/// <summary>The contents of the stack with which a program starts.</summary>
/// <remarks>Linux: fs/exec.c copy_strings; fs/binfmt_elf.c create_elf_tables. Host strings are encoded as the request demands.</remarks>
internal sealed class InitialStack
{
    private const int PlatformByteLength = 5;    // "i686" and its zero
    private const int RandomByteLength = 16;
    private const int ArgumentsByteLengthMin = 128 << 10;    // ARG_MAX
    private const ulong ArgumentsByteLengthMax = (8 << 20) / 4 * 3;    // _STK_LIM / 4 * 3
    private const int StringByteLengthMax = 128 << 10;    // MAX_ARG_STRLEN

    private readonly byte[] _path;
    private readonly byte[][] _arguments, _environment;
    private readonly byte[] _random = new byte[RandomByteLength];

    public InitialStack(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, Encoding encoding)
    {
        _path = Terminated(path, encoding);
        _arguments = arguments.Count == 0 ? [_path] : [.. arguments.Select(text => Terminated(text, encoding))];
        _environment = [.. environment.Select(text => Terminated(text, encoding))];
    }

    /// <summary>The size of all strings and of the word above them.</summary>
    public int StringsByteLength => sizeof(uint) + _path.Length + ByteLengthOf(_environment) + ByteLengthOf(_arguments);

    /// <summary>Sixteen bytes for AT_RANDOM.</summary>
    public Span<byte> Random => _random;

    /// <summary>Returns the places of the strings on a stack with this end.</summary>
    public ProgramExtents Place(PageNumber top) => new()
    {
        ArgumentStart = new(TopOf(top) - (uint)StringsByteLength),
        ArgumentEnd = new(TopOf(top) - (uint)(StringsByteLength - ByteLengthOf(_arguments))),
        EnvironmentEnd = new(TopOf(top) - (uint)(sizeof(uint) + _path.Length)),
    };

    /// <summary>Checks the size of the strings against the stack's limit.</summary>
    /// <returns>
    /// E2BIG: a string is longer than 128 KiB, path, strings and pointers take more than a quarter of the limit (but 128 KiB are always
    /// allowed), or the strings alone more than all of it.
    /// </returns>
    /// <remarks>Linux: fs/exec.c bprm_stack_limits, get_arg_page; mm/vma.c acct_stack_growth. The first page needs no growth.</remarks>
    public Errno CheckSize(ulong stackLimit)
    {
        foreach (byte[] text in (IEnumerable<byte[]>)[_path, .. _arguments, .. _environment])
        {
            if (text.Length > StringByteLengthMax) return Errno.E2BIG;
        }

        ulong allowed = Math.Max(Math.Min(ArgumentsByteLengthMax, stackLimit / 4), ArgumentsByteLengthMin);
        ulong counted = (ulong)(StringsByteLength - sizeof(uint) + ((_arguments.Length + _environment.Length) * sizeof(uint)));
        ulong grown = PageCount.Covering((ulong)StringsByteLength).Bytes;
        return counted > allowed || grown > Math.Max(stackLimit, VirtualAddress.PageSize) ? Errno.E2BIG : Errno.None;
    }

    /// <summary>Writes everything and returns the stack pointer. Returns false if the stack has no room or no frame is left.</summary>
    /// <param name="mmu">The memory of the program.</param>
    /// <param name="top">The page after the stack.</param>
    /// <param name="start">The address below which the tables go: the start of the strings, moved at random and aligned.</param>
    /// <param name="vector">The auxiliary vector. The addresses of strings are filled in here.</param>
    /// <param name="pointer">The stack pointer.</param>
    public bool TryWrite(Mmu mmu, PageNumber top, VirtualAddress start, AuxiliaryVector vector, out VirtualAddress pointer)
    {
        VirtualAddress platform = start - PlatformByteLength;
        VirtualAddress random = platform - RandomByteLength;
        ProgramExtents place = Place(top);
        vector.SetPlaces(platform, random, place.EnvironmentEnd);

        int wordCount = 1 + _arguments.Length + 1 + _environment.Length + 1;
        uint vectorAt = random.Value & ~3u;
        vectorAt -= (uint)vector.ByteLength;
        pointer = new((vectorAt - (uint)(wordCount * sizeof(uint))) & ~0xFu);

        byte[] tables = new byte[(wordCount * sizeof(uint)) + vector.ByteLength];
        WriteWords(tables, place);
        vector.Write(tables.AsSpan(wordCount * sizeof(uint)));
        IEnumerable<byte> texts = _arguments.Concat(_environment).SelectMany(static text => text);
        byte[] strings = [.. texts, .. _path, 0, 0, 0, 0];
        return IsWritten(mmu, pointer, tables) && IsWritten(mmu, random, _random)
            && IsWritten(mmu, platform, "i686\0"u8) && IsWritten(mmu, place.ArgumentStart, strings);
    }

    private void WriteWords(Span<byte> tables, in ProgramExtents place)
    {
        BinaryPrimitives.WriteInt32LittleEndian(tables, _arguments.Length);
        tables = WritePointers(tables[sizeof(uint)..], _arguments, place.ArgumentStart);
        WritePointers(tables, _environment, place.ArgumentEnd);
    }

    /// <summary>Writes a pointer to each string and a zero word. Returns the rest of the tables.</summary>
    private static Span<byte> WritePointers(Span<byte> tables, byte[][] strings, VirtualAddress at)
    {
        foreach (byte[] text in strings)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(tables, at.Value);
            tables = tables[sizeof(uint)..];
            at += (uint)text.Length;
        }

        return tables[sizeof(uint)..];
    }

    private static bool IsWritten(Mmu mmu, VirtualAddress at, ReadOnlySpan<byte> bytes) => mmu.CopyIn(at, bytes, out _) == bytes.Length;

    private static uint TopOf(PageNumber top) => top.Address.Value;

    private static int ByteLengthOf(byte[][] strings) => strings.Sum(static text => text.Length);

    private static byte[] Terminated(string text, Encoding encoding) => [.. encoding.GetBytes(text.Split('\0')[0]), 0];
}
