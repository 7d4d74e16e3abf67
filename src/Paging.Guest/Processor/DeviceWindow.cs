using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Guest.Processor;

//   scratch directory   a copy of the process's, but for the tables of the device's pages
//   scratch tables      copies, but for the entries of the device's pages: they lead to F0000000, F0001000 …
//   F0000000            not RAM: the library asks for each load, and tells each store
/// <summary>Page tables on which an instruction reaches devices, and what it loads and stores there.</summary>
/// <remarks>
/// The frames are the host's (<see cref="PagingEngine.TryTakeFrames"/>), taken when the first device is accessed. A and D that the
/// instruction has set in the copies are returned to the tables of the process.
/// </remarks>
internal sealed class DeviceWindow(PagingEngine engine, nint machine) : IDisposable
{
    private const int PageCountMax = 4, FrameOrder = 3;    // two operands, each across two pages; a directory and four tables
    private const uint FirstFrame = 0xF_0000;
    private const uint Marks = 0x60, Present = 1, Writable = 2, OpenTable = 0x67, OpenPage = 0x25;    // A D; P; RW; P RW US A D; P US A

    private readonly List<(PageNumber Page, bool IsWritable)> _pages = [];
    private readonly List<int> _regions = [];    // the directory index that each scratch table stands for
    private readonly List<Run> _loads = [], _stores = [];
    private readonly Dictionary<uint, byte> _loaded = [];    // what devices have said, by address
    private FrameNumber _frames;
    private GCHandle _self;
    private bool _isOpen, _hasAnswers;

    /// <summary>The scratch directory.</summary>
    public FrameNumber Directory => _frames;

    /// <summary>True if the instruction loads from a device, and the device was not asked yet.</summary>
    public bool HasLoads => !_hasAnswers && _loads.Count != 0;

    /// <summary>Takes frames and maps the window. Returns false if there are no frames.</summary>
    // Safe: the callbacks are static methods, and the handle lives until the machine is closed.
    public unsafe bool TryOpen()
    {
        if (_isOpen) return true;
        if (!engine.TryTakeFrames(FrameOrder, out _frames)) return false;
        _self = GCHandle.Alloc(this);
        nint user = GCHandle.ToIntPtr(_self);
        UnicornApi.Check(UnicornApi.MapDevice(machine, (ulong)FirstFrame << VirtualAddress.PageShift,
            PageCountMax << VirtualAddress.PageShift, &OnLoad, user, &OnStore, user), "map devices");
        return _isOpen = true;
    }

    /// <summary>Another instruction.</summary>
    public void Begin()
    {
        _pages.Clear();
        _loaded.Clear();
        _hasAnswers = false;
    }

    /// <summary>Shows a page of a device from now on. Returns false if the instruction needs too many.</summary>
    public bool TryShow(PageNumber page, bool isWritable)
    {
        int at = _pages.FindIndex(shown => shown.Page == page);
        if (at < 0 && _pages.Count == PageCountMax) return false;
        if (at < 0) _pages.Add((page, isWritable));
        else _pages[at] = (page, _pages[at].IsWritable | isWritable);
        return true;
    }

    /// <summary>Copies the tables of a process and enters the pages that are shown.</summary>
    public void Build(FrameNumber directory)
    {
        _loads.Clear();
        _stores.Clear();
        _regions.Clear();
        Span<uint> upper = engine.Ram.Words(_frames);
        engine.Ram.Words(directory).CopyTo(upper);
        for (int i = 0; i < _pages.Count; i++)
        {
            PageNumber page = _pages[i].Page;
            Span<uint> table = TableFor(page.DirectoryIndex, directory, upper);
            uint rights = _pages[i].IsWritable ? OpenPage | Writable : OpenPage;
            table[page.TableIndex] = ((FirstFrame + (uint)i) << VirtualAddress.PageShift) | rights;
        }
    }

    /// <summary>Returns the marks of the copies to the tables of the process.</summary>
    public void ReturnMarks(FrameNumber directory)
    {
        for (int i = 0; i < _regions.Count; i++)
        {
            if (!TryFindTable(directory, _regions[i], out Span<uint> real, out _)) continue;
            Span<uint> copy = engine.Ram.Words(ScratchTable(i));
            for (int entry = 0; entry < real.Length; entry++)
            {
                bool isSame = (real[entry] & Present) != 0 && ((real[entry] ^ copy[entry]) & ~(Marks | Writable)) == 0;
                if (isSame) real[entry] |= copy[entry] & Marks;
            }
        }
    }

    /// <summary>Loads from the devices what the probe has asked for.</summary>
    /// <param name="memory">The memory of the process.</param>
    /// <param name="faults">Where the instruction has faulted: an access that is not aligned begins there, and not where it was
    /// asked for.</param>
    public void AskDevices(Mmu memory, List<VirtualAddress> faults)
    {
        _hasAnswers = true;
        Span<byte> bytes = stackalloc byte[Run.ByteLengthMax];
        foreach (Run asked in Run.Join(_loads))
        {
            Run run = Narrow(asked, faults);
            Span<byte> part = bytes[..run.ByteLength];
            memory.CopyOut(run.Address, part, out _);
            for (int i = 0; i < part.Length; i++) _loaded[run.Address.Value + (uint)i] = part[i];
        }
    }

    /// <summary>Stores to the devices what the instruction has stored.</summary>
    public void TellDevices(Mmu memory)
    {
        Span<byte> bytes = stackalloc byte[Run.ByteLengthMax];
        foreach (Run run in Run.Join(_stores))
        {
            int at = 0;
            foreach (Run piece in _stores)
            {
                if (piece.Address.Value - run.Address.Value >= (uint)run.ByteLength) continue;
                at = (int)(piece.Address.Value - run.Address.Value);
                for (int i = 0; i < piece.ByteLength; i++) bytes[at + i] = (byte)(piece.Value >> (8 * i));
            }

            memory.CopyIn(run.Address, bytes[..run.ByteLength], out _);
        }
    }

    public void Dispose()
    {
        if (!_isOpen) return;
        _isOpen = false;
        engine.ReturnFrames(_frames, FrameOrder);
        _self.Free();
    }

    /// <summary>An access that is not aligned is asked for as the two aligned ones around it: twice as long as it is.</summary>
    private Run Narrow(in Run asked, List<VirtualAddress> faults)
    {
        foreach (VirtualAddress fault in faults)
        {
            uint before = fault.Value - asked.Address.Value;
            if (before == 0 || before >= (uint)asked.ByteLength) continue;
            VirtualAddress end = asked.Address + (uint)asked.ByteLength;
            bool endsWithPage = end.OffsetInPage == 0 && !_pages.Exists(shown => shown.Page == end.Page);
            return asked with { Address = fault, ByteLength = endsWithPage ? asked.ByteLength - (int)before : asked.ByteLength / 2 };
        }

        return asked;
    }

    private FrameNumber ScratchTable(int index) => _frames + new FrameCount(1 + (uint)index);

    private Span<uint> TableFor(int region, FrameNumber directory, Span<uint> upper)
    {
        int at = _regions.IndexOf(region);
        if (at >= 0) return engine.Ram.Words(ScratchTable(at));
        _regions.Add(region);
        FrameNumber frame = ScratchTable(_regions.Count - 1);
        Span<uint> copy = engine.Ram.Words(frame);
        if (TryFindTable(directory, region, out Span<uint> real, out bool isWritable)) real.CopyTo(copy);
        else copy.Clear();
        if (!isWritable)
            foreach (ref uint entry in copy)
                if ((entry & Present) != 0) entry &= ~Writable;    // a table that a snapshot has closed
        upper[region] = (frame.Value << VirtualAddress.PageShift) | OpenTable;
        return copy;
    }

    private bool TryFindTable(FrameNumber directory, int region, out Span<uint> words, out bool isWritable)
    {
        PageDirectoryEntry upper = new(engine.Ram.Words(directory)[region]);
        isWritable = upper.IsWritable;
        bool isTable = upper.IsPresent && !upper.IsLarge && upper.Table.Value < engine.Ram.FrameCount.Value;
        words = isTable ? engine.Ram.Words(upper.Table) : [];
        return isTable;
    }

    private VirtualAddress AddressOf(ulong offset) =>
        _pages[(int)(offset >> VirtualAddress.PageShift)].Page.Address + (uint)(offset & VirtualAddress.OffsetMask);

    private ulong Load(ulong offset, int byteLength)
    {
        VirtualAddress address = AddressOf(offset);
        _loads.Add(new(address, byteLength, 0));
        ulong value = 0;
        for (int i = 0; i < byteLength; i++) value |= (ulong)_loaded.GetValueOrDefault(address.Value + (uint)i) << (8 * i);
        return value;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static ulong OnLoad(nint handle, ulong offset, uint byteLength, nint user) =>
        ((DeviceWindow)GCHandle.FromIntPtr(user).Target!).Load(offset, (int)byteLength);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnStore(nint handle, ulong offset, uint byteLength, ulong value, nint user)
    {
        DeviceWindow self = (DeviceWindow)GCHandle.FromIntPtr(user).Target!;
        self._stores.Add(new(self.AddressOf(offset), (int)byteLength, value));
    }

    /// <summary>Bytes side by side.</summary>
    private readonly record struct Run(VirtualAddress Address, int ByteLength, ulong Value)
    {
        /// <summary>The longest access there is: fxsave.</summary>
        public const int ByteLengthMax = 512;

        public static IEnumerable<Run> Join(List<Run> pieces)
        {
            for (int i = 0; i < pieces.Count;)
            {
                Run run = pieces[i++];
                while (i < pieces.Count && pieces[i].Address.Value == run.Address.Value + (uint)run.ByteLength
                    && run.ByteLength + pieces[i].ByteLength <= ByteLengthMax)
                    run = run with { ByteLength = run.ByteLength + pieces[i++].ByteLength };
                yield return run;
            }
        }
    }
}
