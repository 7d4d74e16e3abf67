using Paging.Core;
using Paging.Native;

namespace Paging.Samples;

/// <summary>A fuzzer that goes back to a snapshot before each input, guided by which branches were taken.</summary>
/// <remarks>
/// The target is a parser whose whole state lies in guest memory. An iteration costs what the input has changed.
/// </remarks>
public static class SnapshotFuzzerSample
{
    private const int InputLength = 8;
    private static readonly VirtualAddress Input = new(0x1000_0000), Table = new(0x2000_0000);

    /// <summary>Fuzzes until an input makes the parser store outside its table.</summary>
    public static void Run(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 64 << 20 });
        UserProcess process = engine.CreateProcess("target");
        process.Memory.MapAnonymous(Input, 4096);
        process.Memory.MapAnonymous(Table, 4 << 20);
        for (uint page = 0; page < 1024; page++) process.Memory.Mmu.Write(Table + (page << 12), page);    // what start-up has done

        using Snapshot ready = process.TakeSnapshot();
        Random random = new(1);
        List<byte[]> corpus = [new byte[InputLength]];
        HashSet<int> seen = [];
        for (int iteration = 1; ; iteration++)
        {
            byte[] input = Mutated(corpus[random.Next(corpus.Count)], random);
            int branches = 0;
            process.Memory.Mmu.CopyIn(Input, input, out _);
            bool survived = Parse(process.Memory.Mmu, ref branches, out MemoryFault fault);
            if (seen.Add(branches)) corpus.Add(input);
            uint dirty = ready.DirtyPages.Value;
            Check(ready.Restore());
            if (survived) continue;
            byte[] least = Minimized(input, fault.Kind, process.Memory.Mmu, ready);
            output.WriteLine($"{fault.Kind} at {fault.Address} by {Convert.ToHexString(input)}, at least {Convert.ToHexString(least)}");
            string count = iteration > 100 ? "many" : "few";
            output.WriteLine($"corpus of {corpus.Count}, {dirty} dirty pages in the last of {count} iterations");
            output.WriteLine($"after the restore page 7 begins with {process.Memory.Mmu.Read<uint>(Table + (7 << 12))}");
            return;
        }
    }

    /// <summary>"PG", a count, then the index of a table entry to change. The count is checked, the index is not.</summary>
    private static bool Parse(Mmu memory, ref int branches, out MemoryFault fault)
    {
        if (!memory.TryRead(Input, out byte first, out fault) || first != (byte)'P') return true;
        branches |= 1;
        if (!memory.TryRead(Input + 1, out byte second, out fault) || second != (byte)'G') return true;
        branches |= 2;
        if (!memory.TryRead(Input + 2, out byte count, out fault) || count is 0 or > 4) return true;
        branches |= 4;
        if (!memory.TryRead(Input + 4, out uint index, out fault)) return false;
        for (uint i = 0; i < count; i++)
        {
            if (!memory.TryWrite(Table + ((index + i) << 12), index, out fault)) return false;
        }

        return true;
    }

    /// <summary>Sets every byte to zero that the crash does not need: the rest is its cause.</summary>
    private static byte[] Minimized(byte[] crashing, MemoryFaultKind kind, Mmu memory, Snapshot ready)
    {
        byte[] least = [.. crashing];
        for (int i = 0; i < least.Length; i++)
        {
            byte kept = least[i];
            least[i] = 0;
            int branches = 0;
            memory.CopyIn(Input, least, out _);
            bool survived = Parse(memory, ref branches, out MemoryFault fault);
            if (survived || fault.Kind != kind) least[i] = kept;
            Check(ready.Restore());
        }

        return least;
    }

    private static byte[] Mutated(byte[] parent, Random random)
    {
        byte[] child = [.. parent];
        for (int i = random.Next(1, 3); i > 0; i--) child[random.Next(InputLength)] = (byte)random.Next(256);
        return child;
    }

    private static void Check(Errno error)
    {
        if (error != Errno.None) throw new InvalidOperationException(error.ToString());
    }
}
