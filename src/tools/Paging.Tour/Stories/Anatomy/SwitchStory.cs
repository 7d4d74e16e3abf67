using Paging.Core;
using Paging.Native;

namespace Paging.Tour.Stories.Anatomy;

/// <summary>Two processes, and the changes when the processor goes from one to the other.</summary>
internal static class SwitchStory
{
    private const MapFlags Anonymous = MapFlags.Private | MapFlags.Anonymous;

    public static void Tell(Stage stage)
    {
        UserProcess browser = stage.Program("browser", out _), editor = stage.Program("editor", out _);
        Stage.Ok(browser.Memory.Map(default, 900 << 20, MemoryProtection.ReadWrite, Anonymous | MapFlags.NoReserve,
            out VirtualAddress large));
        VirtualAddress shared = new(0x2000_0000);
        Stage.Ok(browser.Memory.Map(shared, 0x4000, MemoryProtection.ReadWrite, Anonymous | MapFlags.Fixed, out _));
        Stage.Ok(editor.Memory.Map(shared, 0x4000, MemoryProtection.ReadWrite, Anonymous | MapFlags.Fixed, out _));
        for (uint page = 0; page < 60; page++) browser.Memory.Mmu.Write(large + (page << 12), page);
        (UserProcess, string)[] both = [(browser, "browser"), (editor, "editor")];
        stage.Show(Camera.Spaces(0, both), Camera.Frames, Camera.Counters);
        stage.Step("Each process has an address space of its own", "",
            $"""
            The browser has asked for 900 MB and touched {60} pages of it; the editor is small. Both have the same 4 GB of addresses, and
            a page directory each: in frame {browser.Memory.PrepareWalk().Value:x3}, and in frame {editor.Memory.PrepareWalk().Value:x3}.
            The processor uses the one whose address is in its register cr3.
            """);

        browser.Memory.Mmu.Write(shared, 1u);
        stage.Show(Camera.Spaces(0, both), Camera.Mapping(Camera.Window(browser, shared, 3, "20000000"),
            Camera.Window(editor, shared, 3, "20000000")),
            Camera.Tables(browser, new(shared.Page, new(4)), 2), Camera.Tables(editor, new(shared.Page, new(4)), 2));
        stage.Step("The browser writes 1 to 20000000", "browser: *(int *)0x20000000 = 1",
            """
            The page faults, gets a frame, and an entry in the browser's tables. The editor has mapped the same address, and has no
            entry for it: nothing has happened there.
            """);

        editor.Memory.Mmu.Write(shared, 2u);
        stage.Show(Camera.Spaces(1, both), Camera.Mapping(Camera.Window(browser, shared, 3, "20000000"),
            Camera.Window(editor, shared, 3, "20000000")),
            Camera.Tables(browser, new(shared.Page, new(4)), 2), Camera.Tables(editor, new(shared.Page, new(4)), 2));
        stage.Step("Process switch; the editor writes 2 to 20000000",
            $"cr3 = {editor.Memory.PrepareWalk().Address.Value:x8}\neditor: *(int *)0x20000000 = 2",
            """
            The switch loads another directory into cr3. User space has changed as a whole, with one store to one register; no page was
            copied. The same address now leads to another frame.
            """);

        uint ours = browser.Memory.Mmu.Read<uint>(shared);
        stage.Show(Camera.Spaces(0, both), Camera.Mapping(Camera.Window(browser, shared, 3, "20000000"),
            Camera.Window(editor, shared, 3, "20000000")),
            Camera.Tables(browser, new(shared.Page, new(4)), 2), Camera.Tables(editor, new(shared.Page, new(4)), 2));
        stage.Step("Back again",
            $"cr3 = {browser.Memory.PrepareWalk().Address.Value:x8}\nbrowser: *(int *)0x20000000 → {ours}",
            $"""
            The browser still reads {ours}; the {editor.Memory.Mmu.Read<uint>(shared)} is in the editor's frame. Neither can name the
            other's frame, and so neither can read it: the sandbox is made of page tables alone.
            """);
    }
}
