using System.Text;
using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;
using Paging.Programs;

namespace Paging.Tour.Stories.Anatomy;

/// <summary>The places of the variables of the article's program.</summary>
internal static class VariablesStory
{
    public static void Tell(Stage stage)
    {
        UserProcess process = stage.Program("gonzo", out _);
        Mmu mmu = process.Memory.Mmu;
        Stage.Ok(stage.Find("gonzo", out ProgramImage? image));
        VirtualAddress users = AddressOf(image!, "cntActiveUsers"), bees = AddressOf(image!, "cntWorkerBees"),
            gonzo = AddressOf(image!, "gonzo");
        PageNumber first = process.Memory.Areas.Snapshot()[0].Range.First;
        StoryCamera pages = Camera.Mapping(process, first.Address, 8, "program", null);
        VirtualAddress letters = default;    // where gonzo points, once it has been read
        stage.Show(Camera.Variables(process, space => VariablesOf(stage, space, users, bees, gonzo, letters)), Camera.Space(process), pages,
            Camera.Tables(process), Camera.Counters);
        stage.Step("Three variables, compiled",
            "static int cntActiveUsers;\nstatic int cntWorkerBees = 10;\nchar *gonzo = \"God's own prototype\";",
            $"""
            The linker has given each its address: `cntActiveUsers` {users.Value:x8}, `cntWorkerBees` {bees.Value:x8}, `gonzo`
            {gonzo.Value:x8}.
            The loader has made areas: text and data map the program's file, the BSS maps no file. One page is present already: it is
            data up to the start of the BSS, and the loader has cleared the rest of it.
            """);

        int active = mmu.Read<int>(users);
        stage.Step("cntActiveUsers lives in the BSS", $"read cntActiveUsers → {active}",
            $"""
            It has no initial value in the source, so nothing of it stands in the file. The page is anonymous memory, and what is read there
            for the first time is {active}.
            """);

        int workers = mmu.Read<int>(bees);
        stage.Step("cntWorkerBees lives in the data segment", $"read cntWorkerBees → {workers}",
            $"""
            Its initial value, {workers}, comes with the file. The mapping is private. The page is present since the program was loaded: the
            BSS begins in the same page, the loader had to clear the rest of it, and that write has already made a copy.
            """);

        mmu.Write(bees, workers + 1);
        byte[] inFile = new byte[4];
        Stage.Ok(stage.FileOf("gonzo").Read(OffsetOf(process, bees), inFile, out _));
        stage.Step("A write to it does not change the program on disk",
            $"cntWorkerBees = {workers + 1}\npread(/bin/gonzo, …) → {BitConverter.ToInt32(inFile)}",
            $"""
            Memory holds {mmu.Read<int>(bees)} now, and the file still {BitConverter.ToInt32(inFile)}. The frame belongs to the process
            alone, as its colour says: only the area still remembers the file. Otherwise every assignment to a global variable would
            change the program on disk.
            """);

        VirtualAddress text = new(mmu.Read<uint>(gonzo));
        byte letter = mmu.Read<byte>(text);
        letters = text;
        stage.Step("gonzo is a pointer in data to text", $"read gonzo → {text.Value:x8}; read *gonzo → '{(char)letter}'",
            $"""
            The pointer itself, four bytes, is data. The letters it points to are a constant, and the linker has put them beside the code,
            at {text.Value:x8}: an area that nobody may write.
            """);

        _ = mmu.TryWrite(text, (byte)'D', out MemoryFault fault);
        stage.Step("Writing to the letters is refused", $"*gonzo = 'D' → {(fault.IsFault ? "SIGSEGV" : "done")}",
            $"""
            The page is present, but the area has no right to write. The fault handler finds the area, compares, and refuses
            ({Stage.SignalOf(fault)} at {fault.Address.Value:x8}). A mistake with a pointer ends here instead of changing the program.
            """);
    }

    private static VariableView[] VariablesOf(
        Stage stage, SpaceView space, VirtualAddress users, VirtualAddress bees, VirtualAddress gonzo, VirtualAddress letters)
    {
        string Number(VirtualAddress at) => BytesOf(stage, space, at) is { Length: > 3 } bytes ? $"{BitConverter.ToInt32(bytes)}"
            : "not in memory yet";
        List<VariableView> variables =
        [
            new("cntActiveUsers", users, Number(users)),
            new("cntWorkerBees", bees, Number(bees)),
            new("gonzo", gonzo, BytesOf(stage, space, gonzo) is { Length: > 3 } bytes ? $"{BitConverter.ToUInt32(bytes):x8}"
                : "not in memory yet", letters == default ? null : letters),
        ];
        if (letters != default)
        {
            ReadOnlySpan<byte> text = BytesOf(stage, space, letters);
            variables.Add(new("*gonzo", letters, $"\"{Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)])}\""));
        }

        return [.. variables];
    }

    /// <summary>The bytes from an address to the end of its page, as they are in RAM; none if the page is not there.</summary>
    private static byte[] BytesOf(Stage stage, SpaceView space, VirtualAddress address) =>
        space.EntryOf(address.Page).Entry is { IsPresent: true } entry
            ? stage.Engine.Ram.Bytes(entry.Frame)[(int)(address.Value & 0xFFF)..].ToArray() : [];

    private static long OffsetOf(UserProcess process, VirtualAddress address)
    {
        AreaSnapshot area = process.Memory.Areas.Snapshot().First(area => area.Range.Contains(address.Page));
        return (long)area.ByteOffset + (address.Value - area.Range.First.Address.Value);
    }

    private static VirtualAddress AddressOf(ProgramImage image, string name) =>
        ProgramSymbols.Read(image).First(symbol => string.Equals(symbol.Name, name, StringComparison.Ordinal)).Address;
}
