using System.Buffers;
using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Engine;

/// <summary>One process of a script: the accesses of its program, the copies of the kernel, and its inspection.</summary>
internal sealed class ScriptProcess(UserProcess process)
{
    private const int ChunkByteLength = 1 << 16;

    public UserProcess Process { get; } = process;

    /// <summary>The count of the script's calls of <c>faults</c>.</summary>
    public ScriptFaults Faults { get; set; }

    public ScriptResult Access(in ScenarioCall call)
    {
        switch (call.Name)
        {
            case CallName.Load: return Load<byte>(call, ScriptResult.Byte);
            case CallName.Load32: return Load<uint>(call, ScriptResult.Word);
            case CallName.Store: return Store(call, (byte)call.A1);
            case CallName.Store32: return Store(call, (uint)call.A1);
            case CallName.Add: return Add(call);
            case CallName.Fill: return Fill(call);
            case CallName.Sum: return Sum(call);
            case CallName.CopyIn: return CopyIn(call);
            default: return CopyOut(call);
        }
    }

    public ScriptResult Inspect(in ScenarioCall call)
    {
        switch (call.Name)
        {
            case CallName.Maps: return ScriptResult.Block(AreaRows.Format(Process.Memory, RangeOf(call), joined: false));
            case CallName.Areas: return ScriptResult.Block(AreaRows.Format(Process.Memory, RangeOf(call), joined: true));
            case CallName.Resident: return ScriptResult.Number(CountOwnPages(RangeOf(call)));
            case CallName.Pagemap: return ScriptResult.Quoted(PageMap(RangeOf(call)));
            case CallName.Vm: return ScriptResult.Line(Usage());
            default: return TakeFaultCount();
        }
    }

    private static PageRange RangeOf(in ScenarioCall call) =>
        PageRange.Between(new((uint)(call.A0 >> 12)), new((uint)((call.A1 + 0xFFF) >> 12)));

    private ScriptResult Load<T>(in ScenarioCall call, Func<T, ScriptResult> form) where T : unmanaged
    {
        long before = FaultsOfProcess;
        bool read = Process.Memory.Mmu.TryRead(ScriptMemoryCalls.Address(call.A0), out T value, out MemoryFault fault);
        CountFaults(before);
        return read ? form(value) : ScriptResult.Signal(fault);
    }

    private ScriptResult Store<T>(in ScenarioCall call, T value) where T : unmanaged
    {
        long before = FaultsOfProcess;
        bool written = Process.Memory.Mmu.TryWrite(ScriptMemoryCalls.Address(call.A0), value, out MemoryFault fault);
        CountFaults(before);
        return written ? ScriptResult.Number(0) : ScriptResult.Signal(fault);
    }

    private ScriptResult Add(in ScenarioCall call)
    {
        long before = FaultsOfProcess;
        bool added = Process.Memory.Mmu.TryAdd(ScriptMemoryCalls.Address(call.A0), (byte)call.A1, out byte result, out MemoryFault fault);
        CountFaults(before);
        return added ? ScriptResult.Byte(result) : ScriptResult.Signal(fault);
    }

    private ScriptResult Fill(in ScenarioCall call)
    {
        Process.Memory.Mmu.Fill(ScriptMemoryCalls.Address(call.A0), (uint)call.A1, (byte)call.A2, out MemoryFault fault);
        return fault.IsFault ? ScriptResult.Signal(fault) : ScriptResult.Number(0);
    }

    private ScriptResult Sum(in ScenarioCall call)
    {
        uint crc = ReadUpwards(call, out _, out MemoryFault fault);
        return fault.IsFault ? ScriptResult.Signal(fault) : ScriptResult.Crc(crc);
    }

    private ScriptResult CopyOut(in ScenarioCall call)
    {
        uint crc = ReadUpwards(call, out long count, out _);
        return count == 0 && call.A1 != 0 ? ScriptResult.Error(Errno.EFAULT) : ScriptResult.CountAndCrc(count, crc);
    }

    private uint ReadUpwards(in ScenarioCall call, out long count, out MemoryFault fault)
    {
        VirtualAddress address = ScriptMemoryCalls.Address(call.A0);
        uint crc = 0;
        fault = default;
        count = 0;
        while (count < call.A1)
        {
            int wanted = (int)Math.Min(call.A1 - count, ChunkByteLength);
            int length = Process.Memory.Mmu.TryGetSpan(
                address + (uint)count, wanted, AccessKind.Read, out ReadOnlySpan<byte> span, out fault)
                    ? span.Length : fault.Kind == MemoryFaultKind.Device ? CopyPage(address + (uint)count, wanted, out span, out fault) : 0;
            if (length == 0) break;
            crc = ScriptBytes.Crc32(span, crc);
            count += length;
        }

        return crc;
    }

    /// <summary>Reads up to the end of a page of which there is no span, because its bytes are watched.</summary>
    private int CopyPage(VirtualAddress address, int wanted, out ReadOnlySpan<byte> bytes, out MemoryFault fault)
    {
        int length = Math.Min(wanted, (int)VirtualAddress.PageSize - address.OffsetInPage);
        byte[] chunk = new byte[length];
        length = Process.Memory.Mmu.CopyOut(address, chunk, out fault);
        bytes = chunk.AsSpan(0, length);
        return length;
    }

    private ScriptResult CopyIn(in ScenarioCall call)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkByteLength);
        long done = 0;
        bool stopped = false;
        while (done < call.A1 && !stopped)
        {
            Span<byte> part = chunk.AsSpan(0, (int)Math.Min(ChunkByteLength, call.A1 - done));
            ScriptBytes.Fill(part, done, call.A2);
            int count = Process.Memory.Mmu.CopyIn(ScriptMemoryCalls.Address(call.A0) + (uint)done, part, out _);
            stopped = count < part.Length;
            done += count;
        }

        ArrayPool<byte>.Shared.Return(chunk);
        return done == 0 && call.A1 != 0 ? ScriptResult.Error(Errno.EFAULT) : ScriptResult.Number(done);
    }

    private long CountOwnPages(PageRange range)
    {
        long count = 0;
        for (PageNumber page = range.First; page < range.End; page++)
        {
            if (Process.Memory.HasOwnPage(page)) count++;
        }

        return count;
    }

    private string PageMap(PageRange range)
    {
        StringBuilder text = new((int)range.Count.Value);
        for (PageNumber page = range.First; page < range.End; page++) text.Append(Process.Memory.HasOwnPage(page) ? 'a' : '.');
        return text.ToString();
    }

    private string Usage()
    {
        MemoryUsage usage = Process.Memory.Usage;
        return string.Create(CultureInfo.InvariantCulture,
            $"size={usage.Total} data={usage.Data} stack={usage.Stack} locked={usage.Locked}");
    }

    private long FaultsOfProcess
    {
        get
        {
            FaultUsage faults = Process.Memory.Usage.Faults;
            return faults.Minor + faults.Major;
        }
    }

    private void CountFaults(long before)
    {
        if (Faults.AreCounted) Faults = Faults with { Count = Faults.Count + FaultsOfProcess - before };
    }

    /// <summary>Faults since the last time; the first time starts the count.</summary>
    private ScriptResult TakeFaultCount()
    {
        long count = Faults.Count;
        Faults = new(AreCounted: true, 0);
        return ScriptResult.Number(count);
    }
}
