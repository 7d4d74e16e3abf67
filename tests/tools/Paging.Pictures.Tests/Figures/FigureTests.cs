using System.Xml.Linq;
using Paging.Core;
using Paging.Native;
using Paging.Pictures.Figures;
using Paging.Pictures.Pages;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Tests;

/// <summary>Rules for every picture of every step of the tour.</summary>
public sealed class FigureTests
{
    private static readonly string[] Facts = ["row", "area", "entry", "frame", "page", "chunk", "region", "vad", "field", "bar", "table"];

    public static TheoryData<string> Stories => [.. TourStories.All.Select(static story => story.Name)];

    private static IEnumerable<(string Place, Figure Figure)> FiguresOf(string story) =>
        TourStories.Figures.Where(shown => shown.Place.StartsWith(story + "/", StringComparison.Ordinal));

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Stories))]
    public void BoxesOfAKindDoNotOverlap(string story)
    {
        List<string> overlaps = [];
        foreach ((string place, Figure figure) in FiguresOf(story))
        {
            SvgReader svg = new(figure);
            foreach (string fact in Facts)
            {
                SvgBox[] boxes = [.. svg.Boxes(fact)];
                for (int i = 0; i < boxes.Length; i++)
                    for (int j = i + 1; j < boxes.Length; j++)
                        if (boxes[i].Overlaps(boxes[j])) overlaps.Add(
                            $"{place} {figure.Key}: {fact} {boxes[i].Value} and {boxes[j].Value}");
            }
        }

        Assert.Empty(overlaps);
    }

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Stories))]
    public void EveryBoxLiesInsideItsPicture(string story)
    {
        foreach ((string place, Figure figure) in FiguresOf(story))
        {
            foreach (XElement rect in new SvgReader(figure).Elements.Where(static element => element.Name.LocalName is "rect"))
            {
                double right = SvgReader.Number(rect, "x") + SvgReader.Number(rect, "width");
                double bottom = SvgReader.Number(rect, "y") + SvgReader.Number(rect, "height");
                Assert.True(SvgReader.Number(rect, "x") >= 0 && right <= SvgDrawing.Width + 0.001, $"{place} {figure.Key}: {rect}");
                Assert.True(SvgReader.Number(rect, "y") >= 0 && bottom <= figure.Drawing.Height + 0.001, $"{place} {figure.Key}: {rect}");
            }
        }
    }

    [Theory, MemberData(nameof(Stories))]
    public void EveryPictureParsesAndHasADescription(string story)
    {
        foreach ((string place, Figure figure) in FiguresOf(story))
        {
            XElement file = XElement.Parse(figure.ToFile());
            Assert.Equal(figure.Title, file.Element(XName.Get("title", "http://www.w3.org/2000/svg"))!.Value);
            Assert.False(string.IsNullOrWhiteSpace(figure.Description), $"{place} {figure.Key}");
        }
    }

    [Fact]
    public void APictureIsAFunctionOfItsSnapshot()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 });
        using UserProcess process = engine.CreateProcess("same");
        MachineView machine = MachineView.Take(engine);
        SpaceView space = machine.Spaces[0];
        Assert.Equal(AddressSpaceFigure.Draw(space).ToElement(), AddressSpaceFigure.Draw(space).ToElement());
        Assert.Equal(FramesFigure.Draw(machine).ToFile(), FramesFigure.Draw(MachineView.Take(engine)).ToFile());
    }

    [Theory]
    [InlineData("<script>alert(1)</script>", "<script>")]
    [InlineData("a & b \" ' ]]>", "a & b \"")]
    [InlineData("\u0001\u0000 \uD800 end", "end")]
    [InlineData("日本語 🖼 and a name that is so long that it cannot possibly fit beside the size of the area in the picture", "日本語")]
    public void NamesAreText(string name, string shown)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 });
        using UserProcess process = engine.CreateProcess(name);
        using GuestFile file = engine.Files.CreateMemoryFile(name, 0x1000);
        Assert.Equal(Errno.None, file.Open(process, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.None, process.Memory.Map(default, 0x1000, MemoryProtection.Read, MapFlags.Private, descriptor, 0,
            out VirtualAddress at));
        _ = process.Memory.Mmu.Read<byte>(at);
        MachineView machine = MachineView.Take(engine, [file]);
        SpaceView space = machine.Spaces[0];
        Figure[] figures =
        [
            AddressSpaceFigure.Draw(space), PageTableFigure.Draw(space), FramesFigure.Draw(machine), CacheFigure.Draw(machine),
            ProcessFigure.Draw(space), AreaTreeFigure.Draw(space), FootprintFigure.Draw([space]), CountersFigure.Draw(machine),
            SpacesFigure.Draw([(space, name)]),
            MappingFigure.Draw(machine, null, new(space.ProcessId, new(at.Page, PageCount.One), name), null, file.Id),
        ];
        int named = 0;
        foreach (Figure figure in figures)
        {
            Assert.DoesNotContain("script", XElement.Parse(figure.ToFile()).Descendants().Select(static element => element.Name.LocalName),
                StringComparer.Ordinal);
            if (new SvgReader(figure).Texts.Any(text => text.Contains(shown, StringComparison.Ordinal))) named++;
        }

        Assert.InRange(named, 3, figures.Length);    // of a process, or of the file

        string page = StoryPage.Write([new("x", name, name, name, [new(name, name, name, figures)])]);
        Assert.Equal(2, page.Split("</script").Length - 1);    // the data's end and the script's, and none that a name has made
        Assert.DoesNotContain("<!--", page, StringComparison.Ordinal);
    }

    /// <summary>A window as wide as the address space, over an area of 512 MB: the picture shows 256 pages, and notes that.</summary>
    [Fact]
    public void AMappingShowsTheFirstPagesOfAWideWindow()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 });
        using UserProcess process = engine.CreateProcess("wide");
        Assert.Equal(Errno.None, process.Memory.Map(default, 512 << 20, MemoryProtection.Read,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.NoReserve, out VirtualAddress at));
        MachineView machine = MachineView.Take(engine);
        Figure figure = MappingFigure.Draw(machine, null, new(process.Id, new(default, PageCount.AddressSpace), "all"));
        SvgBox[] pages = [.. new SvgReader(figure).Boxes("page")];
        Assert.Equal((256, $"{at.Page.Value:x5}"), (pages.Length, pages[0].Value));
        Assert.Contains("the first 256 pages", figure.ToFile(), StringComparison.Ordinal);
    }
}
