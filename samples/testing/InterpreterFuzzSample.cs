using Paging.Core;
using Paging.Native;
using Paging.Testing.Checks;
using Paging.Testing.Generating;
using Xunit;

namespace Paging.Samples;

/// <summary>An interpreter of one's own on the engine, beside the same interpreter on an array.</summary>
public sealed class InterpreterFuzzSample
{
    private static readonly VirtualAddress Start = new(0x1000_0000);
    private const int Length = 3 * 4096;

    private static readonly Generator<byte[]> Programs = new(
        static random => [.. Enumerable.Range(0, 90).Select(_ => (byte)random.Next())],
        static program => program.Length <= 3 ? [] : [program[..^3], program[3..]]);    // an instruction less

    [Fact]
    public void BothMemoriesEndEqual() => Programs.Check(200, static program => Compare(program, crossing: false));

    [Fact]
    public void AStoreThatForgetsTheSecondPageIsFound()
    {
        CheckFailedException found = Assert.Throws<CheckFailedException>(static () =>
            Programs.Check(200, static program => Compare(program, crossing: true)));
        Assert.True(found.Message.Split(',').Length <= 6, found.Message);    // one store, or two, are left
    }

    /// <summary>The caller of the engine gives up cleanly, whichever allocation is refused.</summary>
    [Fact]
    public void EachAllocationMayFail() => Assert.NotEqual(0, FailureInjection.EachAllocationFailsOnce(
        static () => new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false }),
        static engine =>
        {
            using UserProcess process = engine.CreateProcess("p");
            process.Memory.MapAnonymous(Start, Length);
            Execute([0, 0, 0, 1, 255, 15], (at, value) => process.Memory.Mmu.Write(Start + (uint)at, value),
                at => process.Memory.Mmu.Read<ushort>(Start + (uint)at));
        }));

    private static void Compare(byte[] program, bool crossing)
    {
        byte[] array = new byte[Length], found = new byte[Length];
        Execute(program, (at, value) => BitConverter.TryWriteBytes(array.AsSpan(at), value), at => BitConverter.ToUInt16(array, at));
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false });
        using UserProcess process = engine.CreateProcess("p");
        process.Memory.MapAnonymous(Start, Length);
        Mmu memory = process.Memory.Mmu;
        Execute(program, (at, value) =>
        {
            // The planted bug: a store across a page's end as an emulator with a pointer to the page would make it
            if (crossing && (at & 4095) == 4095) memory.Write(Start + (uint)at, (byte)value);
            else memory.Write(Start + (uint)at, value);
        }, at => memory.Read<ushort>(Start + (uint)at));
        _ = memory.CopyOut(Start, found, out _);
        int at = array.AsSpan().CommonPrefixLength(found);
        if (at != Length) throw new InvalidOperationException($"byte {at:x} is {found[at]:x2}, in the array {array[at]:x2}");
        EngineAssert.IsSound(engine);
    }

    /// <summary>Three bytes an instruction: an operation and an address, every second one at the end of a page.</summary>
    private static void Execute(byte[] program, Action<int, ushort> store, Func<int, ushort> load)
    {
        ushort accumulator = 0x0101;
        for (int pc = 0; pc + 3 <= program.Length; pc += 3)
        {
            int place = program[pc + 1] | (program[pc + 2] << 8);
            int at = (program[pc] & 4) != 0 ? 4095 + (4096 * (place & 1)) : place % (Length - 1);
            if ((program[pc] & 1) != 0) store(at, accumulator += 0x0303);
            else accumulator = (ushort)(accumulator + load(at));
        }
    }
}
