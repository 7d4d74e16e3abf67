using System.Text;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.WindowsChecking.Dialect;

namespace Paging.WindowsChecking.Model;

/// <summary>Accesses of the program and of other processes, and inspection, with their results as text.</summary>
internal static class TouchCalls
{
    public static string Execute(WindowsModelProcess process, in ScenarioCall call)
    {
        uint address = call.Word(0);
        byte[] bytes;
        switch (WindowsCall.NameOf(call))
        {
            case WindowsCallName.Load: return Load(process, address, 1, out bytes) ?? $"0x{bytes[0]:x2}";
            case WindowsCallName.Load32: return Load(process, address, 4, out bytes) ?? $"0x{BitConverter.ToUInt32(bytes):x8}";
            case WindowsCallName.Store: return Store(process, address, [(byte)call[1]]) ?? "0";
            case WindowsCallName.Store32: return Store(process, address, BitConverter.GetBytes(call.Word(1))) ?? "0";
            case WindowsCallName.Fill: return Fill(process, address, call.Word(1), (byte)call[2]) ?? "0";
            case WindowsCallName.Sum: return Sum(process, address, call.Word(1));
            case WindowsCallName.Exec:
                return TouchRules.Check(process, address >> 12, TouchRules.Run) is { } refused ? $"{refused} execute 0x{address:x8}" : "0";
            case WindowsCallName.Regions: return Regions(process, call.Word(0) >> 12, call.Word(1) >> 12);
            case WindowsCallName.Workingset: return WorkingSet(process, call.Word(0) >> 12, call.Word(1) >> 12);
            case WindowsCallName.Stack:
                (process.StackAllocation, process.StackLimit, process.StackBase) = (call.Word(0), call.Word(1), call.Word(2));
                return "0";
            default: return $"0x{process.StackLimit:x8}";
        }
    }

    /// <summary>Rule 27: the result of ReadProcessMemory.</summary>
    public static string ReadForOther(WindowsModelProcess process, uint address, uint length)
    {
        byte[] bytes = new byte[length];
        for (uint i = 0; i < length; i++)
        {
            bool isNew = i == 0 || ((address + i) & 0xFFF) == 0;
            if (isNew && TouchRules.Check(process, (address + i) >> 12, TouchRules.Read, isKernel: true) is not null)
                return "FALSE ERROR_PARTIAL_COPY";
            bytes[i] = TouchRules.BytesOf(process, (address + i) >> 12)[(address + i) & 0xFFF];
        }

        uint crc = ScriptBytes.Crc32(bytes);
        return $"TRUE {length} crc32=0x{crc:x8}";
    }

    /// <summary>WriteProcessMemory.</summary>
    public static string WriteForOther(WindowsModelProcess process, uint address, uint length, long seed)
    {
        for (uint i = 0; i < length; i++)
        {
            bool isNew = i == 0 || ((address + i) & 0xFFF) == 0;
            if (isNew && TouchRules.Check(process, (address + i) >> 12, TouchRules.Write, isKernel: true) is not null)
                return "FALSE ERROR_PARTIAL_COPY";
            TouchRules.BytesOf(process, (address + i) >> 12)[(address + i) & 0xFFF] = ScriptBytes.At(i, seed);
        }

        return $"TRUE {length}";
    }

    private static string? Load(WindowsModelProcess process, uint address, uint length, out byte[] bytes)
    {
        bytes = new byte[length];
        if (CheckAll(process, address, length, TouchRules.Read) is { } refused) return refused;
        for (uint i = 0; i < length; i++) bytes[i] = TouchRules.BytesOf(process, (address + i) >> 12)[(address + i) & 0xFFF];
        return null;
    }

    private static string? Store(WindowsModelProcess process, uint address, byte[] bytes)
    {
        uint page = address >> 12;
        bool wasWritten = process.Find(page)?[page].IsWritten == true;
        if (CheckAll(process, address, (uint)bytes.Length, TouchRules.Write) is { } refused)
        {
            if (!wasWritten && process.Find(page) is { } found) found[page].IsWritten = false;    // a refused store sets none
            return refused;
        }

        for (uint i = 0; i < bytes.Length; i++) TouchRules.BytesOf(process, (address + i) >> 12)[(address + i) & 0xFFF] = bytes[i];
        return null;
    }

    /// <summary>Checks the pages of an access, the lowest first, until all of them let it pass at once.</summary>
    /// <remarks>A stack that grows by the upper page can put its new guard on the lower one.</remarks>
    private static string? CheckAll(WindowsModelProcess process, uint address, uint length, string kind)
    {
        bool isGuarded = true;
        while (isGuarded)
        {
            for (uint at = address; at < address + length; at = (at | 0xFFF) + 1)
                if (TouchRules.Check(process, at >> 12, kind) is { } refused) return $"{refused} {kind} 0x{at:x8}";
            isGuarded = (process.Find(address >> 12)!.ProtectionOf(address >> 12) & ModelWords.Guard) != 0;
        }

        return null;
    }

    private static string? Fill(WindowsModelProcess process, uint address, uint length, byte value)
    {
        for (uint at = address; at < address + length; at++)
        {
            bool isNew = at == address || (at & 0xFFF) == 0;
            if (isNew && TouchRules.Check(process, at >> 12, TouchRules.Write) is { } refused) return $"{refused} write 0x{at:x8}";
            TouchRules.BytesOf(process, at >> 12)[at & 0xFFF] = value;
        }

        return null;
    }

    private static string Sum(WindowsModelProcess process, uint address, uint length)
    {
        byte[] bytes = new byte[length];
        for (uint i = 0; i < length; i++)
        {
            uint at = address + i;
            bool isNew = i == 0 || (at & 0xFFF) == 0;
            if (isNew && TouchRules.Check(process, at >> 12, TouchRules.Read) is { } refused) return $"{refused} read 0x{at:x8}";
            bytes[i] = TouchRules.BytesOf(process, at >> 12)[at & 0xFFF];
        }

        uint crc = ScriptBytes.Crc32(bytes);
        return $"crc32=0x{crc:x8}";
    }

    private static string Regions(WindowsModelProcess process, uint first, uint end)
    {
        StringBuilder rows = new();
        for (uint page = first; page < end; page = ModelMemoryCalls.EndOfRun(process, page))
        {
            if (process.Find(page) is not { } found) continue;
            uint until = Math.Min(ModelMemoryCalls.EndOfRun(process, page), end);
            rows.Append($"{page << 12:x8}-{until << 12:x8} {ModelMemoryCalls.Describe(found, page, "")}\n");
        }

        return rows.ToString();
    }

    private static string WorkingSet(WindowsModelProcess process, uint first, uint end)
    {
        StringBuilder text = new("\"");
        for (uint page = first; page < end; page++) text.Append(process.Find(page)?[page].InWorkingSet == true ? '1' : '0');
        return text.Append('"').ToString();
    }
}
