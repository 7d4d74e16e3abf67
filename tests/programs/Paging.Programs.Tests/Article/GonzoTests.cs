using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Tests;

/// <summary>The program of "Anatomy of a Program in Memory": every variable in the article's segment, at the address from nm.</summary>
public sealed class GonzoTests : IDisposable
{
    private readonly World _world = new();
    private readonly UserProcess _process;

    public GonzoTests() => _process = _world.Execute("gonzo");

    public void Dispose() => _world.Dispose();

    [Fact]
    public void CntActiveUsersIsZeroAndLiesInAnonymousBss()
    {
        VirtualAddress address = Images.AddressOf("gonzo", "cntActiveUsers");
        Assert.Equal(0, _process.Memory.Mmu.Read<int>(address));
        AreaSnapshot area = AreaAt(address);
        Assert.Equal("rw-p", area.Rights);
        Assert.Equal(0, area.ObjectId);
    }

    [Fact]
    public void CntWorkerBeesIsTenAndLiesInPrivateWritableData()
    {
        VirtualAddress address = Images.AddressOf("gonzo", "cntWorkerBees");
        Assert.Equal(10, _process.Memory.Mmu.Read<int>(address));
        AreaSnapshot area = AreaAt(address);
        Assert.Equal("rw-p", area.Rights);
        Assert.Equal("gonzo", area.Name);
    }

    [Fact]
    public void GonzoIsAPointerInDataToReadOnlyBytesInText()
    {
        VirtualAddress address = Images.AddressOf("gonzo", "gonzo");
        Assert.Equal("rw-p", AreaAt(address).Rights);
        VirtualAddress text = new(_process.Memory.Mmu.Read<uint>(address));
        Assert.Equal("God's own prototype", World.ReadString(_process, text));
        Assert.Equal("r-xp", AreaAt(text).Rights);

        Assert.False(_process.Memory.Mmu.TryWrite(text, (byte)'D', out MemoryFault fault));
        Assert.Equal(new MemoryFault(MemoryFaultKind.NotAllowed, text), fault);
        Assert.Equal("God's own prototype", World.ReadString(_process, text));
    }

    [Fact]
    public void AWriteToDataDoesNotReachTheFile()
    {
        VirtualAddress address = Images.AddressOf("gonzo", "cntWorkerBees");
        _process.Memory.Mmu.Write(address, 11);
        Assert.Equal(11, _process.Memory.Mmu.Read<int>(address));

        byte[] file = new byte[Images.BytesOf("gonzo").Length];
        Assert.True(_world.Image("gonzo").TryRead(0, file));
        Assert.Equal(Images.BytesOf("gonzo"), file);
        Assert.Equal(10, _world.Execute("gonzo").Memory.Mmu.Read<int>(address));
    }

    [Theory]
    [InlineData("gonzo")]
    [InlineData("gonzo-static-pie")]
    [InlineData("gonzo-pie")]
    [InlineData("librender.so")]
    public void OurSymbolsAreThoseOfNm(string image)
    {
        Dictionary<string, VirtualAddress> ours = new(StringComparer.Ordinal);
        foreach (ProgramSymbol symbol in ProgramSymbols.Read(_world.Image(image))) ours.TryAdd(symbol.Name, symbol.Address);
        foreach ((string name, VirtualAddress address) in Images.SymbolsOf(image))
        {
            if (ours.TryGetValue(name, out VirtualAddress found)) Assert.Equal(address, found);
            else Assert.Equal("_start", name);    // of no type, and so left out
        }

        Assert.Contains(Images.SymbolsOf(image), symbol => ours.ContainsKey(symbol.Name));
    }

    [Theory]
    [InlineData("gonzo")]
    [InlineData("gonzo-execstack")]
    [InlineData("gonzo-pie")]
    [InlineData("gonzo-static-pie")]
    public void EachSegmentOfObjdumpIsMappedWithItsRights(string image)
    {
        UserProcess process = _world.Execute(image, _world.Fixed, out ExecutedProgram program);
        foreach ((uint address, uint byteLength, string rights) in Images.SegmentsOf(image))
        {
            AreaSnapshot first =
                AreaAt(process, new(address + program.Bias)), last = AreaAt(process, new(address + program.Bias + byteLength - 1));
            Assert.Equal(rights + "p", first.Rights);
            Assert.Equal(rights + "p", last.Rights);
            Assert.Equal(image, first.Name);
        }
    }

    [Fact]
    public void TheSumOfUsersIsWhatTheProgramWouldCompute()
    {
        VirtualAddress users = Images.AddressOf("gonzo", "cntActiveUsers"), bees = Images.AddressOf("gonzo", "cntWorkerBees");
        Mmu mmu = _process.Memory.Mmu;
        Assert.Equal(10, mmu.Add(users, mmu.Read<int>(bees)));
        using UserProcess child = _process.Fork();
        child.Memory.Mmu.Write(users, 3);
        Assert.Equal(10, mmu.Read<int>(users));
    }

    private AreaSnapshot AreaAt(VirtualAddress address) => AreaAt(_process, address);

    private static AreaSnapshot AreaAt(UserProcess process, VirtualAddress address) =>
        process.Memory.Areas.Snapshot().Single(area => area.Range.Contains(address.Page));
}
