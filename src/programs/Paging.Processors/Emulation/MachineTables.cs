using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Processors.Emulation;

//   frame 1   000 ├ GDT, 17 entries ─┤  400 ├ entry to ring 3 ┤           1000 ◄── stack of ring 0, downwards
//   frame 2   a page directory of 4 MB pages (under PAE a pointer table, then four directories of 2 MB pages):
//             frame n is seen at n << 12, except that the first and the 769th 4 MB have changed places
/// <summary>
/// The frames of the machine's own that an x86 needs beside page tables: its segments, and a view of all RAM for the supervisor.
/// </summary>
/// <remarks>
/// They are taken from the engine as a device's memory would be. The first one is seen at its place in the kernel half of every process, so
/// that half stays as the engine made it. The second directory is in use only while code is dropped or ring 3 is entered for the first
/// time.
/// </remarks>
internal sealed class MachineTables : IDisposable
{
    /// <summary>Selectors of ring 0, as Linux numbers them on i386.</summary>
    public const uint KernelCode = 0x60, KernelData = 0x68;

    private const int EntryCount = 17;
    private const ulong UserDataDescriptor = 0x00CF_F300_0000_FFFF;    // base 0, 4 GiB, DPL 3, read and write
    private const int EntryFrameOffset = (int)VirtualAddress.PageSize - 20;    // iret takes five words from the stack
    private const int MxcsrOffset = 0x3F0, StubOffset = 0x400;
    private const uint FrameOfSwappedRegion = 0xC_0000;    // the kernel half begins where physical 3 GiB would be

    private static readonly SegmentSelectors User = SegmentSelectors.Of32BitKernel;

    private readonly PagingEngine _engine;
    private readonly int _order;    // two frames; under PAE eight, of which six are used
    private readonly FrameNumber _segments;
    private readonly FrameNumber _directory;

    public MachineTables(PagingEngine engine)
    {
        _engine = engine;
        _order = engine.Options.Tables == TableFormat.Pae ? 3 : 1;
        if (!engine.Frames.TryTakeLow(_order, out _segments))
            throw new InvalidOperationException("The engine's RAM has no frames for the processor's tables.");
        _directory = _segments + new FrameCount(1);
        if (_segments.Value >= 1024)
        {
            Dispose();
            throw new InvalidOperationException(
                "The processor's tables must lie in the first 4 MiB of RAM: attach it before the engine is in use.");
        }

        Span<byte> page = engine.Ram.Bytes(_segments);
        page.Clear();
        SetEntry(KernelCode, 0x00CF_9B00_0000_FFFF);
        SetEntry(KernelData, 0x00CF_9300_0000_FFFF);
        SetEntry(User.UserCode, 0x00CF_FB00_0000_FFFF);
        SetEntry(User.UserData, UserDataDescriptor);
        SetEntry(SegmentSelectors.Of64BitKernel.UserData, UserDataDescriptor);    // an i386 kernel leaves entry 5 empty
        BinaryPrimitives.WriteUInt32LittleEndian(page[MxcsrOffset..], 0x1F80);
        ReadOnlySpan<byte> enterRing3 =
        [
            0xDB, 0xE3,                                        // fninit
            0x0F, 0xAE, 0x15, 0, 0, 0, 0,                      // ldmxcsr [MxcsrOffset]
            0x66, 0xB8, 0x7B, 0x00, 0x8E, 0xD8, 0x8E, 0xC0,    // mov ax,7B; mov ds,ax; mov es,ax
            0xCF,                                              // iret
        ];
        enterRing3.CopyTo(page[StubOffset..]);
        BinaryPrimitives.WriteUInt32LittleEndian(page[(StubOffset + 5)..], DescriptorTable.Value + MxcsrOffset);

        if (_order == 3) FillWideDirectories();
        else FillDirectory();
    }

    private void FillDirectory()
    {
        Span<uint> directory = _engine.Ram.Words(_directory);
        for (int i = 0; i < 1024; i++) directory[i] = (uint)LargePage(TableFormat.Classic, PhysicalRegion(i));
    }

    private void FillWideDirectories()
    {
        Span<ulong> pointers = WideWords(_directory);
        pointers.Clear();
        for (int quarter = 0; quarter < 4; quarter++)
        {
            FrameNumber frame = _directory + new FrameCount(1 + (uint)quarter);
            pointers[quarter] = frame.Address.Value | 1;
            Span<ulong> directory = WideWords(frame);
            for (int i = 0; i < 512; i++)
                directory[i] = LargePage(TableFormat.Pae, PhysicalRegion((quarter << 8) + (i >> 1)) + new FrameCount((uint)(i & 1) << 9));
        }
    }

    private Span<ulong> WideWords(FrameNumber frame) => MemoryMarshal.Cast<uint, ulong>(_engine.Ram.Words(frame));

    private static ulong LargePage(TableFormat format, FrameNumber first) =>
        PageDirectoryEntry.ForLargePage(format, first, PageAccess.Write).WithAccessed().WithDirty().Word;

    /// <summary>The address of the processor's segment descriptors, in any directory.</summary>
    public VirtualAddress DescriptorTable => PagingEngine.KernelAddressOf(_segments);

    /// <summary>The limit of the table, for GDTR.</summary>
    public const uint DescriptorTableLimit = (EntryCount * 8) - 1;

    /// <summary>The code that enters ring 3.</summary>
    public VirtualAddress EntryStub => DescriptorTable + StubOffset;

    /// <summary>The stack of ring 0, with the five words that <c>iret</c> pops.</summary>
    public VirtualAddress EntryFrame => DescriptorTable + EntryFrameOffset;

    /// <summary>The directory in which the supervisor sees all RAM.</summary>
    public FrameNumber SupervisorDirectory => _directory;

    /// <summary>The address at which that directory shows a frame.</summary>
    public static VirtualAddress SupervisorAddressOf(FrameNumber frame) => frame.Value switch
    {
        < 1024 => PagingEngine.KernelAddressOf(frame),
        >= FrameOfSwappedRegion and < FrameOfSwappedRegion + 1024 => new((frame.Value - FrameOfSwappedRegion) << VirtualAddress.PageShift),
        _ => new((uint)frame.Address.Value),
    };

    /// <summary>Writes the words that <c>iret</c> takes.</summary>
    public void PrepareEntry(uint eip, uint esp)
    {
        Span<byte> frame = _engine.Ram.Bytes(_segments)[EntryFrameOffset..];
        ReadOnlySpan<uint> words = [eip, User.UserCode, 0x202, esp, User.UserData];
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(frame[(i * 4)..], words[i]);
    }

    /// <summary>Puts a task's three descriptors into the table.</summary>
    public void SetTls(ReadOnlySpan<ulong> descriptors)
    {
        for (int i = 0; i < SegmentSelectors.TlsEntryCount; i++) SetEntry((uint)(User.FirstTlsEntry + i) << 3, descriptors[i]);
    }

    public void Dispose() => Return(_engine, _segments, _order);

    /// <summary>Gives frames back, unless they have gone with their engine.</summary>
    internal static void Return(PagingEngine engine, FrameNumber first, int order)
    {
        try
        {
            engine.Frames.Return(first, order);
        }
        catch (ObjectDisposedException)
        {
            // with all of RAM
        }
    }

    private void SetEntry(uint selector, ulong descriptor) =>
        BinaryPrimitives.WriteUInt64LittleEndian(_engine.Ram.Bytes(_segments)[(int)(selector & ~7u)..], descriptor);

    private static FrameNumber PhysicalRegion(int directoryIndex) => directoryIndex switch
    {
        0 => new(FrameOfSwappedRegion),
        768 => new(0),
        _ => new((uint)directoryIndex << 10),
    };
}
