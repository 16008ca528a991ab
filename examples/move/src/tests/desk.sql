-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
/*!50503 SET NAMES utf8mb4 */;
CREATE TABLE `workspaces` (`id` int NOT NULL AUTO_INCREMENT, `name` varchar(255) DEFAULT NULL, `created_at` datetime DEFAULT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
CREATE TABLE `agents` (`id` int NOT NULL, `workspace_id` int NOT NULL, `name` varchar(255), `email` varchar(255), `role` enum('admin','agent'));
CREATE TABLE `teams` (`id` int, `workspace_id` int, `name` varchar(255));
CREATE TABLE `team_members` (`team_id` int, `agent_id` int);
CREATE TABLE `companies` (`id` int, `workspace_id` int, `name` varchar(255), `email_domain` varchar(255));
CREATE TABLE `users` (`id` int, `workspace_id` int, `company_id` int, `name` varchar(255), `email` varchar(255), `phone` varchar(50));
CREATE TABLE `categories` (`id` int, `name` varchar(255), `parent_id` int);
CREATE TABLE `canned_replies` (`id` int, `workspace_id` int, `team_id` int, `agent_id` int, `title` varchar(255), `content` text);
CREATE TABLE `tickets` (`id` int, `workspace_id` int, `title` varchar(255), `status` varchar(50), `user_id` int, `assignee_id` int, `team_id` int, `category_id` int, `tags` json, `created_at` datetime(6));
CREATE TABLE `ticket_bodies` (`id` int, `ticket_id` int, `email_body` longtext);
CREATE TABLE `comments` (`id` bigint unsigned, `ticket_id` int, `agent_id` int, `user_id` int, `content` longtext, `is_private` tinyint(1));
CREATE TABLE `attachments` (`id` int, `comment_id` bigint unsigned, `file_name` varchar(500), `content_bytes` longblob);
INSERT INTO `workspaces` VALUES (1,'Acme','2014-01-01 00:00:00');
INSERT INTO `agents` VALUES (1,1,'Ann','ann@old.example','admin'),(2,1,'Bo','bo@old.example','agent');
INSERT INTO `teams` VALUES (1,1,'Front');
INSERT INTO `team_members` VALUES (1,1),(1,2);
INSERT INTO `companies` VALUES (1,1,'Caf\'é \"Größe\"','c1.example'),(2,1,'No domain',NULL);
INSERT INTO `users` VALUES (1,1,1,'Uma','uma@c1.example','+49 (30) 123456'),(2,1,2,NULL,'zoe@c2.example',NULL);
INSERT INTO `categories` VALUES (1,'Invoices',3),(2,'invoices',3),(3,'Money',NULL),(4,'Round',5),(5,'About',4);
INSERT INTO `canned_replies` VALUES (1,1,NULL,NULL,'Hello','Hi {{user.name}}, {{contact.id}}'),(2,1,NULL,NULL,'hello','Another'),(3,1,1,NULL,'Hello','Of the team'),(4,1,1,2,'Hello','Bo\'s own');
INSERT INTO `tickets` VALUES (1,1,'First','Open',1,1,1,2,'[\"VIP\"]','2021-03-28 02:30:00.123456'),(9,1,'Ninth 🦀','Closed',2,NULL,7,8,NULL,'2022-01-01 00:00:00.000000');
INSERT INTO `ticket_bodies` VALUES (1,1,'Hello;\nit\'s me'),(2,9,'Hi');
INSERT INTO `comments` VALUES (1,1,1,NULL,'Public',0),(2,1,2,NULL,'Private',1),(3,9,NULL,2,'Thanks',0);
INSERT INTO `attachments` VALUES (1,1,'a.txt',0x616263);
-- Dump completed on 2024-01-01  0:00:00
