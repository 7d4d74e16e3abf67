using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.Pictures, the lowest first: a room may use itself and those before it.</summary>
public sealed class PicturesRoomsTests : RoomsTests
{
    private const string Pictures = "Paging.Pictures";

    private static readonly Room[] Rooms =
    [
        new($"{Pictures}.Snapshots", "What a figure shows: the state of an engine, read once."),
        new($"{Pictures}.Writing", "SVG, line by line, and the styles of its shapes and texts."),
        new(Pictures, "A figure: a drawing with a title and a description."),
        new($"{Pictures}.Characters", "A drawing as characters, for a terminal."),
        new($"{Pictures}.Figures", "The figures of the articles."),
        new($"{Pictures}.Pages", "Pages of HTML: stories, styles and scripts."),
        new($"{Pictures}.Reports", "Charts and tables, and the page that they are in."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Pictures).Location, Rooms);

    public PicturesRoomsTests() : base(Pictures, Rooms, Reader, crossingCountMin: 40) { }
}
