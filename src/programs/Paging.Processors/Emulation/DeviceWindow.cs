using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

//   scratch directory   a copy of the process's, except for the tables of the device's pages
//   scratch tables      copies, except for the entries of the device's pages: these lead to FFFFC000, FFFFD000 …
//   FFFFC000            not RAM: the library requests each load, and reports each store. The highest free addresses
/// <summary>Page tables through which an instruction reaches devices, with its loads and stores there.</summary>
/// <remarks>
/// The frames are the host's (<see cref="EngineFrames.TryTake"/>), taken when the first device is accessed.
/// </remarks>
internal sealed class DeviceWindow(PagingEngine engine, nint machine) : IDisposable
{
    private const int PageCountMax = ScratchTables.TableCountMax;    // two operands, each across two pages
    private const ulong Writable = 2, OpenPage = 0x25;    // RW; P US A

    private readonly List<(PageNumber Page, bool IsWritable)> _pages = [];
    private readonly ScratchTables _tables = new(engine);
    private readonly List<Run> _loads = [], _stores = [];
    private readonly Dictionary<uint, byte> _loaded = [];    // values loaded from devices, by address
    private FrameNumber _frames;
    private uint _firstFrame;
    private GCHandle _self;
    private bool _isOpen, _hasAnswers;

    /// <summary>The scratch directory.</summary>
    public FrameNumber Directory => _frames;

    /// <summary>True if the instruction loads from a device, and the device was not read yet.</summary>
    public bool HasLoads => !_hasAnswers && _loads.Count != 0;

    /// <summary>Takes frames and maps the window. Returns false if there are no frames.</summary>
    // SAFETY: the callbacks are static methods, and the handle lives until the machine is closed.
    public unsafe bool TryOpen()
    {
        if (_isOpen) return true;
        if (!TryFindRoom(out _firstFrame)) return false;
        if (!engine.Frames.TryTakeLow(ScratchTables.FrameOrder, out _frames)) return false;
        _tables.First = _frames;
        _self = GCHandle.Alloc(this);
        nint user = GCHandle.ToIntPtr(_self);
        UnicornApi.Check(UnicornApi.MapDevice(machine, (ulong)_firstFrame << VirtualAddress.PageShift,
            PageCountMax << VirtualAddress.PageShift, &OnLoad, user, &OnStore, user), "map devices");
        return _isOpen = true;
    }

    /// <summary>Finds the highest frame numbers that neither RAM nor memory of the host's has.</summary>
    private bool TryFindRoom(out uint first)
    {
        uint end = engine.Options.Tables == TableFormat.Pae ? 1u << 24 : 1u << 20;
        foreach (HostMemory taken in engine.Ram.HostMemory.Reverse())
        {
            if (taken.First.Value + taken.Count.Value <= end - PageCountMax) break;
            end = taken.First.Value;
        }

        first = end - PageCountMax;
        return first >= engine.Ram.FrameCount.Value;
    }

    /// <summary>Begins another instruction.</summary>
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
        _tables.Begin(directory);
        for (int i = 0; i < _pages.Count; i++)
            _tables.Show(_pages[i].Page, new(_firstFrame + (uint)i), _pages[i].IsWritable ? OpenPage | Writable : OpenPage);
    }

    /// <summary>Returns the marks of the copies to the tables of the process.</summary>
    public void ReturnMarks(FrameNumber directory) => _tables.ReturnMarks(directory);

    /// <summary>Loads from the devices the bytes that the probe has recorded as read.</summary>
    /// <param name="memory">The memory of the process.</param>
    /// <param name="faults">The addresses of the instruction's faults: an access that is not aligned begins there, and not where it was
    /// requested.</param>
    /// <param name="fault">The byte that a shadow refuses.</param>
    public bool TryLoad(Mmu memory, List<VirtualAddress> faults, out MemoryFault fault)
    {
        fault = default;
        _hasAnswers = true;
        Span<byte> bytes = stackalloc byte[Run.ByteLengthMax];
        foreach (Run asked in Run.Join(_loads))
        {
            Run run = Narrow(asked, faults);
            Span<byte> part = bytes[..run.ByteLength];
            memory.CopyOut(run.Address, part, out fault);
            if (IsOfShadow(fault)) return false;
            for (int i = 0; i < part.Length; i++) _loaded[run.Address.Value + (uint)i] = part[i];
        }

        fault = default;
        return true;
    }

    /// <summary>Passes the instruction's stores on to the devices. Returns false and the byte if a shadow refuses one.</summary>
    public bool TryStore(Mmu memory, out MemoryFault fault)
    {
        fault = default;
        Span<byte> bytes = stackalloc byte[Run.ByteLengthMax];
        foreach (Run run in Run.Join(_stores))
        {
            int at = 0;
            foreach (Run piece in _stores)
            {
                if (piece.Address - run.Address >= (uint)run.ByteLength) continue;
                at = (int)(piece.Address - run.Address);
                for (int i = 0; i < piece.ByteLength; i++) bytes[at + i] = (byte)(piece.Value >> (8 * i));
            }

            memory.CopyIn(run.Address, bytes[..run.ByteLength], out fault);
            if (IsOfShadow(fault)) return false;
        }

        fault = default;
        return true;
    }

    private static bool IsOfShadow(MemoryFault fault) => fault.Kind is MemoryFaultKind.Unaddressable or MemoryFaultKind.Uninitialized;

    public void Dispose()
    {
        if (!_isOpen) return;
        _isOpen = false;
        MachineTables.Return(engine, _frames, ScratchTables.FrameOrder);
        _self.Free();
    }

    /// <summary>The probe reports an unaligned access as the two aligned ones around it: twice as long as it is.</summary>
    private Run Narrow(in Run asked, List<VirtualAddress> faults)
    {
        foreach (VirtualAddress fault in faults)
        {
            uint before = fault - asked.Address;
            if (before == 0 || before >= (uint)asked.ByteLength) continue;
            VirtualAddress end = asked.Address + (uint)asked.ByteLength;
            bool endsWithPage = end.OffsetInPage == 0 && !_pages.Exists(shown => shown.Page == end.Page);
            return asked with { Address = fault, ByteLength = endsWithPage ? asked.ByteLength - (int)before : asked.ByteLength / 2 };
        }

        return asked;
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
