using System.Reflection;
using System.Runtime.InteropServices;
using Paging.Core.Faults;
using Paging.Core.Threads;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Words that two processors write in first touches lie in different cache lines.</summary>
public sealed class SeparateLinesTests
{
    private const int Line = 64, PairOfLines = 2 * Line;
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;

    /// <summary>The words that a processor stores or polls by themselves.</summary>
    [Theory]
    [InlineData(typeof(ProcessorState), "_word")]
    [InlineData(typeof(GatePass), "_busy")]
    [InlineData(typeof(GatePass), "_valid")]
    public void WordsOfProcessorsAreAlone(Type owner, string name) =>
        Assert.Equal(typeof(LoneWord), owner.GetField(name, Any)!.FieldType);

    /// <summary>The stock, the chain and the counts of a pass, and the word of the lock: lines before and after belong to no one.</summary>
    [Theory]
    [InlineData(typeof(TouchPass), "OwnWords")]
    [InlineData(typeof(SlowPathLock), "Words")]
    [InlineData(typeof(LoneWord), null)]
    public void FieldsHavePaddingAround(Type owner, string? name)
    {
        Type fields = name is null ? owner : owner.GetNestedType(name, BindingFlags.NonPublic)!;
        StructLayoutAttribute layout = fields.StructLayoutAttribute!;
        int last = 0;
        foreach (FieldInfo field in fields.GetFields(Any))
        {
            int offset = field.GetCustomAttribute<FieldOffsetAttribute>()!.Value;
            Assert.True(offset >= PairOfLines, $"{name}.{field.Name} is at {offset}");
            last = Math.Max(last, offset + Marshal.SizeOf(field.FieldType));
        }

        Assert.True(layout.Size - last >= Line, $"{name} ends {layout.Size - last} bytes after its last field");
    }

    /// <summary>Processors of spaces of their own write the descriptors of their frames, and no two of them in one line.</summary>
    [Fact]
    public void DescriptorsOfTwoProcessorsAreInDifferentLines()
    {
        const int Threads = 3;
        const uint Pages = 100;
        using ThreadedEngine world = new();
        HashSet<uint>[] lines = [.. Enumerable.Range(0, Threads).Select(static _ => new HashSet<uint>())];
        using Barrier all = new(Threads);
        ThreadTeam.Run(Threads, number =>
        {
            UserProcess own = world.Engine.CreateProcess($"own {number}");
            World.Succeeds(own.Memory.Map(
                default, Pages << 12, MemoryProtection.ReadWrite, ThreadedEngine.Private, out VirtualAddress at));
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
            processor.Run(own);
            for (uint page = 0; page < 3; page++) own.Memory.Mmu.Write(at + (page << 12), 1u);
            processor.Rest();
            all.SignalAndWait();    // each has a table and a root, so that from here on the gate stays open
            processor.Run(own);
            for (uint page = 3; page < Pages; page++)
            {
                own.Memory.Mmu.Write(at + (page << 12), 1u);
                lines[number].Add(own.Memory.Space.Tables.Read((at + (page << 12)).Page).Frame.Value / (Line / 32));
                if (page % 8 == 0) Thread.Yield();
            }

            processor.Rest();
            all.SignalAndWait();    // before a processor is disposed of, which closes the gate
        });
        Assert.Equal(lines.Sum(static one => one.Count), lines.SelectMany(static one => one).Distinct().Count());
    }
}
